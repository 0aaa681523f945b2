/** Which tokens begin, end and pad a text: the small JSON files beside tokenizer.json. */

import { join } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '../../../check.js';
import { InputError } from '../../../errors.js';
import { readOptionalJsonFile } from '../../../files.js';
import { MAX_CONFIG_BYTES } from '../../limits.js';

export interface SpecialTokens {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
}

const token = z
  .union([z.string(), z.looseObject({ content: z.string() }, 'a string or an object')])
  .nullish();

const config = z.looseObject({
  bos_token: token,
  eos_token: token,
  pad_token: token,
});

type Config = z.infer<typeof config>;

const ROLES = ['bos_token', 'eos_token', 'pad_token'] as const;

type Defaults = Partial<Record<(typeof ROLES)[number], string>>;

const END_OF_TEXT = '<|endoftext|>';
/** What classes of transformers take for a role that no file names, as in GPT-2's own directory. */
const DEFAULTS: Readonly<Record<string, Defaults>> = {
  GPT2Tokenizer: { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT },
  CodeGenTokenizer: { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT },
  Qwen2Tokenizer: { eos_token: END_OF_TEXT, pad_token: END_OF_TEXT },
};

/**
 * special_tokens_map.json goes before tokenizer_config.json, unless that lists its tokens (`added_tokens_decoder`), as
 * releases do that write no map; either may be missing. A token that neither mentions takes the default of its
 * transformers class; one set to null has no id.
 *
 * @param kind that class; undefined where nothing names it, which is taken for GPT-2's
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`, e.g. for a token that the vocabulary lacks
 */
export async function readSpecialTokens(
  directory: string,
  kind: string | undefined,
  idOf: (content: string) => number | undefined,
): Promise<SpecialTokens> {
  const first = await readConfig(join(directory, 'tokenizer_config.json'));
  const map =
    first.added_tokens_decoder === undefined
      ? await readConfig(join(directory, 'special_tokens_map.json'))
      : {};
  const defaults: Defaults = idOf(END_OF_TEXT) === undefined ? {} : (DEFAULTS[kind ?? 'GPT2Tokenizer'] ?? {});

  const [bosId, eosId, padId] = ROLES.map((role) => {
    const named =
      map[role] !== undefined ? map[role] : first[role] !== undefined ? first[role] : defaults[role];
    if (named === undefined || named === null) return undefined;
    const content = typeof named === 'string' ? named : named.content;
    const found = idOf(content);
    if (found !== undefined) return found;
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected the ${role} ${JSON.stringify(content)} of ${directory} in its tokenizer.json but it is not there.`,
    );
  });
  return { bosId, eosId, padId };
}

async function readConfig(path: string): Promise<Config> {
  const value = await readOptionalJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  if (value === undefined) return {};
  const result = config.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, value, path));
}
