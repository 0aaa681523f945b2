/** Which tokens begin, end and pad a text: the small JSON files beside tokenizer.json. */

import { join } from 'node:path';
import { z } from 'zod';
import { describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import { readOptionalJsonFile } from '../../files.js';
import { MAX_CONFIG_BYTES } from '../limits.js';

export interface SpecialTokens {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
}

const token = z
  .union([z.string(), z.looseObject({ content: z.string() }, 'a string or an object')])
  .nullish();

const config = z.looseObject({
  tokenizer_class: z.string().nullish(),
  bos_token: token,
  eos_token: token,
  pad_token: token,
});

type Config = z.infer<typeof config>;

const ROLES = ['bos_token', 'eos_token', 'pad_token'] as const;

/** bos and eos of these transformers classes where no file names them, as in GPT-2's own directory. */
const CLASS_DEFAULT = '<|endoftext|>';
const CLASSES_WITH_DEFAULT = /^(GPT2|CodeGen)Tokenizer(Fast)?$/;

/**
 * tokenizer_config.json goes before special_tokens_map.json; either may be missing. A token that neither
 * mentions takes the default of its transformers class; one set to null has no id.
 *
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`, e.g. for a token that the vocabulary lacks
 */
export async function readSpecialTokens(
  directory: string,
  idOf: (content: string) => number | undefined,
): Promise<SpecialTokens> {
  const first = await readConfig(join(directory, 'tokenizer_config.json'));
  const second = await readConfig(join(directory, 'special_tokens_map.json'));
  const defaults: Partial<Record<(typeof ROLES)[number], string>> =
    CLASSES_WITH_DEFAULT.test(first.tokenizer_class ?? 'GPT2Tokenizer') && idOf(CLASS_DEFAULT) !== undefined
      ? { bos_token: CLASS_DEFAULT, eos_token: CLASS_DEFAULT }
      : {};

  const [bosId, eosId, padId] = ROLES.map((role) => {
    const named =
      first[role] !== undefined ? first[role] : second[role] !== undefined ? second[role] : defaults[role];
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
