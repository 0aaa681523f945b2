/** Mission files: YAML, checked, with the line of what is wrong with them. */

import { basename, dirname, isAbsolute, join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { describeIssue } from '../check.js';
import { InputError } from '../errors.js';
import { isDirectory, readTextFile } from '../files.js';
import { type Mission, type MissionSettings, missionSchema } from './mission.js';

/** No mission file is longer: what is has been named by mistake. */
const MAX_BYTES = 2 ** 20;

/**
 * Reads a mission file. Paths in it are relative to it, and come back joined to it; a model that is no directory there
 * is a name on the hub.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, naming the line and the key
 */
export async function readMission(file: string): Promise<Mission> {
  return resolvePaths(parseMission(await readTextFile(file, { maxBytes: MAX_BYTES }), file), file);
}

/** @throws InputError `ERR_FILE_FORMAT` */
export function parseMission(text: string, file: string): MissionSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected YAML in ${file} line ${line} but found: ${sentence(error.message)}`,
    );
  }
  const value: unknown = document.toJS() ?? {};
  const result = missionSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const place = placeOf(issue, document, lines);
  throw new InputError('ERR_FILE_FORMAT', describeIssue(issue, value, `${file}${place}`), {
    remedy: 'docs/mission.md lists the keys; lethe run --init writes a file with all of them.',
  });
}

/** ` line 7`: of the key that is unknown, of the value that is wrong, or of the section that lacks one. */
function placeOf(
  issue: z.core.$ZodIssue,
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : [...issue.path];
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true);
    const range = isNode(node) ? node.range : undefined;
    if (range) return ` line ${lines.linePos(range[0]).line}`;
  }
  return '';
}

function sentence(message: string): string {
  const first = message
    .split('\n')[0]!
    .replace(/ at line .*$/, '')
    .trim();
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Paths of a mission that stands in this file, joined to it. */
export async function resolvePaths(settings: MissionSettings, file: string): Promise<Mission> {
  const beside = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));
  const { model, corpus, unseen, secrets } = settings;
  return {
    ...settings,
    model: (await isDirectory(beside(model))) || looksLikePath(model) ? beside(model) : model,
    corpus: beside(corpus),
    directory: beside(settings.directory ?? basename(file).replace(/\.ya?ml$/i, '')),
    unseen: unseen.source === undefined ? unseen : { ...unseen, source: beside(unseen.source) },
    secrets: secrets.file === undefined ? secrets : { ...secrets, file: beside(secrets.file) },
  };
}

/** Names on the hub are `org/name`. */
function looksLikePath(model: string): boolean {
  return isAbsolute(model) || model.startsWith('.') || model.split('/').length !== 2;
}
