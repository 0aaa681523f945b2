/** The whole mission in small: makes the toy, then runs the mission file that ships with the package on it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { readJsonLines } from '../../data/text/json-lines.js';
import { writeFileAtomic } from '../../files.js';
import { PACKAGE } from '../../package.js';
import { secretSchema } from '../../secrets/secret.js';
import type { Dispatch } from '../dispatch.js';
import { DEMO, type DemoSettings } from './settings.js';
import { makeToy, TOY } from './toy.js';

/** Ships with the package. */
export const DEMO_MISSION = join(PACKAGE, 'assets/demo/mission.yaml');

export interface DemoOptions {
  /** Where everything goes. */
  readonly directory: string;
  readonly seed: number;
  readonly device?: string | undefined;
  readonly threads?: number | undefined;
  /** Print figures as JSON. */
  readonly json?: boolean | undefined;
  /** Default: {@link DEMO}. */
  readonly settings?: DemoSettings;
  /** Text of the mission file. Default: {@link DEMO_MISSION}. */
  readonly mission?: string;
}

/** Runs the demo, or what an earlier run in the same directory has left to do, and returns its exit code. */
export async function runDemo(options: DemoOptions, dispatch: Dispatch): Promise<number> {
  const { directory, seed, device, threads, json, settings = DEMO } = options;
  const placement = [
    ...(device === undefined ? [] : ['--device', device]),
    ...(threads === undefined ? [] : ['--threads', `${threads}`]),
  ];
  const exitCode = await makeToy({ directory, settings, seed, placement }, dispatch);
  if (exitCode !== 0) return exitCode;

  const mission = parseDocument(options.mission ?? (await readFile(DEMO_MISSION, 'utf8')));
  mission.set('seed', seed);
  if (device !== undefined) mission.set('device', device);
  if (threads !== undefined) mission.set('threads', threads);
  const file = join(directory, 'mission.yaml');
  await writeFileAtomic(file, String(mission));
  return dispatch(['run', file, ...(json ? ['--json'] : [])]);
}

const foundSchema = z.looseObject({ id: z.string(), secrets: z.array(secretSchema) });

/** How many of the planted secrets the scanner found. Nothing else looks at what was planted. */
export async function countPlanted(directory: string): Promise<{ planted: number; found: number }> {
  const found = new Set<string>();
  const key = (id: string, { value, start }: { value: string; start: number }) => `${id}\0${start}\0${value}`;
  for await (const { id, secrets } of readJsonLines(join(directory, 'secrets/secrets.jsonl'), foundSchema))
    for (const secret of secrets) found.add(key(id, secret));
  let planted = 0;
  let count = 0;
  for await (const { id, secrets } of readJsonLines(join(directory, TOY.planted), foundSchema))
    for (const secret of secrets) {
      planted++;
      if (found.has(key(id, secret))) count++;
    }
  return { planted, found: count };
}
