/** Tokens back to text: `decoder` of tokenizer.json. */
import * as library from '@huggingface/tokenizers';
import * as z from 'zod';
import { readPart, refuse } from '../files/tokenizer-parts.js';
import { fromSymbols } from '../models/byte-level.js';

/** What tokens are written as, to the text. */
export type TokenDecoder = (ids: readonly number[]) => string;

/** A token's string in the vocabulary, or undefined if no token has the id. */
export type Contents = (id: number) => { readonly content: string; readonly added: boolean } | undefined;

type Step = (tokens: readonly string[]) => readonly string[];

const sequence = z.looseObject({ decoders: z.array(z.looseObject({ type: z.string() })) });
const replace = z.looseObject({
  pattern: z.looseObject({ String: z.string().min(1) }, 'text, not a regular expression,'),
  content: z.string(),
});
const strip = z.looseObject({ content: z.string(), start: z.int().min(0), stop: z.int().min(0) });
const metaspace = z.looseObject({
  replacement: z.string().length(1).default('\u2581'),
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
});
const wordPiece = z.looseObject({ prefix: z.string().default('##'), cleanup: z.boolean().default(true) });

/** The package's own declarations import without file extensions, which TypeScript's NodeNext cannot follow. */
const { WordPieceDecoder } = library as unknown as {
  WordPieceDecoder: new (
    config: Readonly<Record<string, unknown>>,
  ) => { decode_chain(tokens: readonly string[]): string[] };
};

/**
 * @param config `decoder` of the tokenizer.json at `path`
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export function parseDecoder(
  config: { readonly type: string } | null,
  contents: Contents,
  path: string,
): TokenDecoder {
  if (config?.type === 'ByteLevel') return byteLevelDecoder(contents);
  const step = config === null ? undefined : parseStep(config, path);
  return (ids) => {
    const tokens = ids.flatMap((id) => contents(id)?.content ?? []);
    return step === undefined ? tokens.join(' ') : step(tokens).join('');
  };
}

/**
 * The bytes of all tokens as UTF-8. An added token is its own text: the library reads that as byte symbols too, where
 * it can, and so breaks those with letters like `ü`, which deepseek-coder has.
 */
function byteLevelDecoder(contents: Contents): TokenDecoder {
  const known = new Map<number, Uint8Array>();
  const bytesOf = (id: number): Uint8Array => {
    let bytes = known.get(id);
    if (bytes === undefined) {
      const token = contents(id);
      // A token of the model that is no run of symbols stands for itself, as an added token does.
      bytes =
        (token?.added ? undefined : fromSymbols(token?.content ?? '')) ?? Buffer.from(token!.content, 'utf8');
      known.set(id, bytes);
    }
    return bytes;
  };
  // ignoreBOM: a byte-order mark is text like any other.
  return (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(ids.map(bytesOf)));
}

function parseStep(config: { readonly type: string }, path: string): Step {
  const what = `decoder of ${path}`;
  switch (config.type) {
    case 'Sequence': {
      const steps = readPart(sequence, config, what).decoders.map((inner) => parseStep(inner, path));
      return (tokens) => steps.reduce((made, step) => step(made), tokens);
    }
    case 'Replace': {
      const { pattern, content } = readPart(replace, config, what);
      return (tokens) => tokens.map((token) => token.replaceAll(pattern.String, () => content));
    }
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip': {
      const { content, start, stop } = readPart(strip, config, what);
      return (tokens) => tokens.map((token) => stripped(token, content, start, stop));
    }
    case 'Metaspace': {
      const { replacement, ...found } = readPart(metaspace, config, what);
      const prefixed = found.add_prefix_space !== false && found.prepend_scheme !== 'never';
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(replacement, prefixed && i === 0 ? '' : ' '));
    }
    case 'WordPiece': {
      const decoder = new WordPieceDecoder(readPart(wordPiece, config, what));
      return (tokens) => decoder.decode_chain(tokens);
    }
    default:
      return refuse(`a ${config.type} decoder`, path);
  }
}

/** Runs of tokens `<0x..>` are UTF-8, or else one U+FFFD for each (unlike the package's, which also drops U+FEFF). */
function byteFallback(tokens: readonly string[]): string[] {
  const made: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      made.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
    } catch {
      for (const _ of bytes) made.push('\ufffd');
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (byte) bytes.push(Number.parseInt(byte[1]!, 16));
    else {
      flush();
      made.push(token);
    }
  }
  flush();
  return made;
}

/** Takes up to `start` and `stop` times `content`, one character, off the ends. */
function stripped(token: string, content: string, start: number, stop: number): string {
  let first = 0;
  let last = token.length;
  for (let i = 0; i < start && token.startsWith(content, first); i++) first += content.length;
  for (let i = 0; i < stop && token.endsWith(content, last) && last > first; i++) last -= content.length;
  return token.slice(first, last);
}
