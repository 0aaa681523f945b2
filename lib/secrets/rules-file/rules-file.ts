/**
 * A file of rules in the TOML of gitleaks: `[[rules]]` with regex, keywords, entropy, path and allowlists, `[[allowlists]]` for
 * all of them, and `[extend]`. Read into plain data, which threads can be handed; compile-rules.ts makes detectors of it.
 */
import { dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import { describeIssue } from '../../check.js';
import { digestText } from '../../data/digest.js';
import { InputError } from '../../errors.js';
import { readTextFile } from '../../files.js';

/** The published file of gitleaks has 100 kB. */
const MAX_BYTES = 4 * 2 ** 20;
/** Files that extend others, as deep as gitleaks follows them. */
const MAX_DEPTH = 2;

const texts = z.array(z.string()).default([]);

const allowlistSchema = z.object({
  condition: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(['OR', '||', 'AND', '&&']))
    .default('OR'),
  paths: texts,
  regexes: texts,
  regexTarget: z.enum(['secret', 'match', 'line', '']).default('secret'),
  stopwords: texts,
  commits: texts,
  targetRules: texts,
});

const ruleSchema = z.object({
  id: z.string().min(1),
  regex: z.string().default(''),
  path: z.string().optional(),
  secretGroup: z.int().min(0).default(0),
  entropy: z.number().min(0).default(0),
  keywords: texts,
  allowlist: allowlistSchema.optional(),
  allowlists: z.array(allowlistSchema).default([]),
  required: z.array(z.unknown()).default([]),
});

const fileSchema = z.object({
  extend: z
    .object({ useDefault: z.boolean().default(false), path: z.string().default(''), disabledRules: texts })
    .prefault({}),
  rules: z.array(ruleSchema).default([]),
  allowlist: allowlistSchema.optional(),
  allowlists: z.array(allowlistSchema).default([]),
});

export type AllowlistData = z.infer<typeof allowlistSchema>;

export interface RuleData extends Omit<z.infer<typeof ruleSchema>, 'allowlist' | 'required'> {
  /** The file that has it, for messages. */
  readonly file: string;
}

export interface RulesData {
  readonly rules: readonly RuleData[];
  /** For all rules of the files, or those that each names. */
  readonly allowlists: readonly AllowlistData[];
  /** Whether the rules that Lethe has stay, but for those with the id of one of these or switched off. */
  readonly useDefault: boolean;
  readonly disabled: readonly string[];
  /** Of all this. */
  readonly digest: string;
  /** What of the files has no effect here, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads a file and those that it extends.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`
 */
export async function readRules(path: string): Promise<RulesData> {
  const data = await readLayer(path, 0);
  return { ...data, digest: digestText(JSON.stringify(data)) };
}

async function readLayer(path: string, depth: number): Promise<Omit<RulesData, 'digest'>> {
  const { extend, rules, allowlist, allowlists } = await readToml(path);
  const notes: string[] = [];
  const own = rules.flatMap(({ allowlist: only, required, ...rule }): RuleData[] => {
    const all = only === undefined ? rule.allowlists : [...rule.allowlists, only];
    if (all.some(({ commits }) => commits.length > 0))
      notes.push(`The commits of rule "${rule.id}" in ${path} have no effect: documents have none.`);
    if (rule.regex === '' || required.length > 0) {
      const why = rule.regex === '' ? 'it has no regex' : 'it requires other rules';
      notes.push(`Rule "${rule.id}" in ${path} is left out: ${why}.`);
      return [];
    }
    return [{ ...rule, allowlists: all, file: path }];
  });
  const layer = {
    rules: own,
    allowlists: allowlist === undefined ? allowlists : [...allowlists, allowlist],
    useDefault: extend.useDefault,
    disabled: extend.disabledRules,
    notes,
  };
  if (extend.path === '') return layer;
  if (depth === MAX_DEPTH)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected at most ${MAX_DEPTH} files that extend one another but ${path} extends ${extend.path} as well.`,
    );
  const base = await readLayer(resolve(dirname(path), extend.path), depth + 1);
  const replaced = new Set([...own.map(({ id }) => id), ...extend.disabledRules]);
  return {
    rules: [...base.rules.filter(({ id }) => !replaced.has(id)), ...own],
    allowlists: [...base.allowlists, ...layer.allowlists],
    useDefault: base.useDefault || layer.useDefault,
    disabled: [...base.disabled, ...layer.disabled],
    notes: [...base.notes, ...notes],
  };
}

async function readToml(path: string): Promise<z.infer<typeof fileSchema>> {
  const text = await readTextFile(path, { maxBytes: MAX_BYTES });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    // The first line says what, the others draw where.
    const [what = ''] = (cause as Error).message.split('\n');
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected rules in TOML in ${path} but line ${(cause as { line?: number }).line ?? '?'} is none: ${what}.`,
      { cause },
    );
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, value, path));
}
