/** How a tokenizer cuts text into the words that its model sees one at a time: `pre_tokenizer` of tokenizer.json. */
import * as z from 'zod';
import { patternField, readPart, readPattern, refuse } from '../files/tokenizer-parts.js';
import type { AlignedText } from './aligned-text.js';
import { GPT2_PATTERN, SPLIT_BEHAVIORS, type Split, splitAt } from './split-pattern.js';

export interface PreTokenizer {
  /** Changes a stretch of text before it is split: puts a space in front, writes spaces as another mark. */
  readonly prepare: (text: AlignedText) => AlignedText;
  /** Each one splits the pieces of the one before. */
  readonly splits: readonly Split[];
  /** Words are written in byte symbols. */
  readonly byteLevel: boolean;
}

const byteLevel = z.looseObject({
  add_prefix_space: z.boolean().default(true), // as the Rust library defaults
  use_regex: z.boolean().default(true),
});
const split = z.looseObject({
  pattern: patternField,
  behavior: z.enum(SPLIT_BEHAVIORS),
  invert: z.boolean().default(false),
});
const digits = z.looseObject({ individual_digits: z.boolean().default(false) });
const punctuation = z.looseObject({ behavior: z.enum(SPLIT_BEHAVIORS).default('Isolated') });
const metaspace = z.looseObject({
  replacement: z.string().length(1).default('\u2581'),
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
  split: z.boolean().nullish(),
});
const sequence = z.looseObject({ pretokenizers: z.array(z.looseObject({ type: z.string() })) });

const WHITESPACE = /\p{White_Space}/gu;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/gu;
const WORD =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

const PLAIN: PreTokenizer = { prepare: (text) => text, splits: [], byteLevel: false };

/**
 * @param config `pre_tokenizer` of the tokenizer.json at `path`
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export function parsePreTokenizer(config: { readonly type: string } | null, path: string): PreTokenizer {
  const what = `pre_tokenizer of ${path}`;
  switch (config?.type) {
    case undefined:
      return PLAIN;
    case 'ByteLevel': {
      const found = readPart(byteLevel, config, what);
      return {
        prepare: found.add_prefix_space ? (text) => prefixed(text, ' ') : PLAIN.prepare,
        splits: found.use_regex ? [splitAt(GPT2_PATTERN, 'Isolated')] : [],
        byteLevel: true,
      };
    }
    case 'Metaspace':
      return fromMetaspace(readPart(metaspace, config, what));
    case 'Split': {
      const found = readPart(split, config, what);
      return splitting(splitAt(readPattern(found.pattern, what), found.behavior, found.invert));
    }
    case 'Digits': {
      const found = readPart(digits, config, what);
      return splitting(splitAt(/\p{N}/gu, found.individual_digits ? 'Isolated' : 'Contiguous'));
    }
    case 'Punctuation':
      return splitting(splitAt(PUNCTUATION, readPart(punctuation, config, what).behavior));
    case 'Whitespace':
      return splitting(splitAt(WORD, 'Removed', true));
    case 'WhitespaceSplit':
      return splitting(splitAt(WHITESPACE, 'Removed'));
    case 'BertPreTokenizer':
      return splitting(splitAt(WHITESPACE, 'Removed'), splitAt(PUNCTUATION, 'Isolated'));
    case 'Sequence':
      return inOrder(
        readPart(sequence, config, what).pretokenizers.map((inner) => parsePreTokenizer(inner, path)),
        path,
      );
    default:
      return refuse(`a ${config!.type} pre-tokenizer`, path);
  }
}

function splitting(...splits: Split[]): PreTokenizer {
  return { ...PLAIN, splits };
}

function inOrder(steps: readonly PreTokenizer[], path: string): PreTokenizer {
  for (const [i, step] of steps.entries()) {
    // The text would have to change piece by piece; no published tokenizer asks for it.
    if (i > 0 && step.prepare !== PLAIN.prepare) refuse('a prefix put on every piece of a split', path);
    if (i > 0 && steps[i - 1]!.byteLevel) refuse('a pre-tokenizer after ByteLevel', path);
  }
  return {
    prepare: steps[0]?.prepare ?? PLAIN.prepare,
    splits: steps.flatMap((step) => step.splits),
    byteLevel: steps.some((step) => step.byteLevel),
  };
}

function fromMetaspace(found: z.infer<typeof metaspace>): PreTokenizer {
  const { replacement } = found;
  const scheme = found.add_prefix_space === false ? 'never' : found.prepend_scheme;
  return {
    prepare: (text) => {
      const marked = text.withText(text.text.replaceAll(' ', replacement));
      return scheme === 'always' || (scheme === 'first' && text.origin === 0)
        ? prefixed(marked, replacement)
        : marked;
    },
    splits:
      (found.split ?? true)
        ? [splitAt(new RegExp(replacement.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&'), 'gu'), 'MergedWithNext')]
        : [],
    byteLevel: false,
  };
}

function prefixed(text: AlignedText, prefix: string): AlignedText {
  return text.text.startsWith(prefix) ? text : text.prepend(prefix);
}
