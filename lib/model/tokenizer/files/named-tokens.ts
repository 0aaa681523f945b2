/**
 * Tokens that tokenizer.json does not have and the small files beside it name: transformers adds them when it loads, so
 * they count here too.
 *
 * Source: `_from_pretrained` and `TokenizersBackend.__init__` of transformers 5.24.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { readOptionalJsonFile } from '../../../files.js';
import { MAX_CONFIG_BYTES } from '../../limits.js';
import { readPart } from './tokenizer-parts.js';

/** As entries of `added_tokens` in tokenizer.json have them, but for the id. */
export interface NamedToken {
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

const flags = {
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
};
const token = z.union(
  [z.string(), z.looseObject({ content: z.string(), ...flags })],
  'a string or an object',
);
const decoder = z.record(
  z.string().regex(/^\d+$/, 'Invalid input: expected ids as keys'),
  z.looseObject({ content: z.string(), ...flags, special: z.boolean().default(false) }),
);
const list = z.array(token).nullish();
const file = z.looseObject({
  added_tokens_decoder: decoder.optional(),
  additional_special_tokens: list,
  extra_special_tokens: z
    .union([z.array(token), z.record(z.string(), token)], 'a list or an object')
    .nullish(),
});
const encoder = z.record(z.string(), z.int());

/** The roles that every tokenizer of transformers has, in the order in which it adds their tokens. */
const ROLES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((role) => `${role}_token`);

type Token = z.infer<typeof token>;

const PLAIN = { single_word: false, lstrip: false, rstrip: false, special: false };

/**
 * In the order in which transformers adds them. If tokenizer_config.json lists its tokens (`added_tokens_decoder`), the
 * two other files are of older releases and not looked at.
 *
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`
 */
export async function readNamedTokens(directory: string): Promise<NamedToken[]> {
  const config = await read(directory, 'tokenizer_config.json', file);
  const { added_tokens_decoder: listed } = config;
  const legacy = listed === undefined;
  const map = legacy ? await read(directory, 'special_tokens_map.json', file) : {};
  const added = legacy ? await read(directory, 'added_tokens.json', encoder) : {};
  const said: Record<string, unknown> = { ...config, ...map };
  const roles = Object.entries(said).flatMap(([name, value]) => {
    const parsed = name.endsWith('_token') ? token.safeParse(value) : undefined;
    return parsed?.success ? [[name, parsed.data] as const] : [];
  });
  const known = ROLES.flatMap((name) => roles.filter(([role]) => role === name));
  const others = roles.filter(([name]) => !ROLES.includes(name));
  const extra = [...extraOf(config), ...extraOf(map)];
  const special = [...known, ...others].map(([, value]) => value).concat(extra);
  const names = new Set(special.map(contentOf));

  const numbered = [
    ...Object.entries(listed ?? {}).map(([id, each]) => ({ id: Number(id), token: each })),
    ...Object.entries(added).map(([content, id]) => ({ id: id!, token: { ...PLAIN, content } })),
  ].sort((a, b) => a.id - b.id);
  return [
    ...numbered.map(({ token: each }) => complete(each, each.special || names.has(each.content))),
    ...special.map((each) => complete(each, true)),
  ].filter(({ content }, i, all) => all.findIndex((other) => other.content === content) === i);
}

function extraOf(said: { readonly [name: string]: unknown }): Token[] {
  const { extra_special_tokens: extra, additional_special_tokens: additional } = said as z.infer<typeof file>;
  const found = Array.isArray(extra) ? extra : Object.values(extra ?? {});
  return found.length > 0 ? found : (additional ?? []);
}

function contentOf(value: Token): string {
  return typeof value === 'string' ? value : value.content;
}

/** As `AddedToken` of the Rust library fills in what is not said. */
function complete(value: Token, special: boolean): NamedToken {
  const { normalized, ...said } =
    typeof value === 'string' ? { content: value, normalized: undefined } : value;
  const { single_word = false, lstrip = false, rstrip = false } = said as Partial<NamedToken>;
  return { content: said.content, single_word, lstrip, rstrip, normalized: normalized ?? !special, special };
}

async function read<T>(directory: string, name: string, schema: z.ZodType<T>): Promise<Partial<T>> {
  const path = join(directory, name);
  const value = await readOptionalJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  return value === undefined ? {} : readPart(schema, value, path);
}
