import { join } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import { exists, readOptionalJsonFile, readTextFile } from '../../files.js';
import { MAX_CONFIG_BYTES } from '../limits.js';

export interface TemplateFile {
  /** Jinja, by name: `default`, and `tool_use` where there is one for records with tools. */
  readonly templates: ReadonlyMap<string, string>;
  /** `bos_token` and so on, as templates name them. */
  readonly specialTokens: Readonly<Record<string, string>>;
}

const token = z
  .union([z.string(), z.looseObject({ content: z.string() }), z.array(z.unknown())])
  .nullish()
  .catch(undefined);

const TOKENS = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((role) => `${role}_token`);

const configSchema = z.looseObject({
  chat_template: z
    .union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))])
    .nullish(),
  ...Object.fromEntries(TOKENS.map((name) => [name, token])),
});

/**
 * `chat_template.jinja` goes before `chat_template` of tokenizer_config.json, as in transformers; undefined where there is
 * neither.
 *
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_FILE_READ`
 */
export async function readTemplateFile(directory: string): Promise<TemplateFile | undefined> {
  const config = await readConfig(join(directory, 'tokenizer_config.json'));
  const map = await readConfig(join(directory, 'special_tokens_map.json'));
  const file = await readTemplate(join(directory, 'chat_template.jinja'));
  const inline = config.chat_template ?? undefined;
  const templates = new Map(
    file !== undefined
      ? [['default', file]]
      : typeof inline === 'string'
        ? [['default', inline]]
        : (inline ?? []).map(({ name, template }) => [name, template]),
  );
  if (templates.size === 0) return undefined;
  const specialTokens: Record<string, string> = {};
  for (const name of TOKENS) {
    const found = textOf(config[name] ?? map[name]);
    if (found !== undefined) specialTokens[name] = found;
  }
  return { templates, specialTokens };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { content } = (value ?? {}) as { content?: unknown };
  return typeof content === 'string' ? content : undefined;
}

async function readConfig(path: string): Promise<z.infer<typeof configSchema>> {
  const value = await readOptionalJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  if (value === undefined) return {};
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, value, path));
}

async function readTemplate(path: string): Promise<string | undefined> {
  if (!(await exists(path))) return undefined;
  return readTextFile(path, { code: 'ERR_MODEL_FORMAT', maxBytes: MAX_CONFIG_BYTES });
}
