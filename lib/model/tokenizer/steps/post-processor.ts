/** What a tokenizer puts around a text, and how it trims offsets: `post_processor` of tokenizer.json. */
import * as z from 'zod';
import { InputError } from '../../../errors.js';
import { readPart } from '../files/tokenizer-parts.js';

export interface Surroundings {
  /** Ids before the text, with `addSpecialTokens`. */
  readonly before: readonly number[];
  /** Ids after the text, with `addSpecialTokens`. */
  readonly after: readonly number[];
  /** Trim the spaces that tokens begin or end with off their offsets, or undefined for offsets that keep them. */
  readonly trim: TrimRule | undefined;
}

export interface TrimRule {
  /** Leave one space of the first token alone, where a prefix space may have been put. */
  readonly prefixSpace: boolean;
}

const byteLevel = z.looseObject({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.boolean().default(true),
  trim_offsets: z.boolean().default(true),
});

const pair = z.tuple([z.string(), z.int().min(0)]);

const roberta = z.looseObject({
  type: z.literal('RobertaProcessing'),
  cls: pair,
  sep: pair,
  add_prefix_space: z.boolean().default(true),
  trim_offsets: z.boolean().default(true),
});

const bert = z.looseObject({ type: z.literal('BertProcessing'), cls: pair, sep: pair });

const template = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(
    z.union([
      z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
      z.looseObject({ Sequence: z.looseObject({ id: z.literal('A') }) }),
    ]),
  ),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int().min(0)) })),
});

const sequence = z.looseObject({
  type: z.literal('Sequence'),
  processors: z.array(z.looseObject({ type: z.string() })),
});

const NOTHING: Surroundings = { before: [], after: [], trim: undefined };

/**
 * @param config `post_processor` of the tokenizer.json at `path`
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export function parsePostProcessor(config: { readonly type: string } | null, path: string): Surroundings {
  const what = `post_processor of ${path}`;
  switch (config?.type) {
    case undefined:
      return NOTHING;
    case 'ByteLevel': {
      const found = readPart(byteLevel, config, what);
      return { ...NOTHING, trim: trimRule(found) };
    }
    case 'RobertaProcessing': {
      const found = readPart(roberta, config, what);
      return { before: [found.cls[1]], after: [found.sep[1]], trim: trimRule(found) };
    }
    case 'BertProcessing': {
      const found = readPart(bert, config, what);
      return { before: [found.cls[1]], after: [found.sep[1]], trim: undefined };
    }
    case 'TemplateProcessing':
      return fromTemplate(readPart(template, config, what), what);
    case 'Sequence':
      // Each one works on what the one before it made, so later ones are further out.
      return readPart(sequence, config, what)
        .processors.map((inner) => parsePostProcessor(inner, path))
        .reduce(
          (inner, outer) => ({
            before: [...outer.before, ...inner.before],
            after: [...inner.after, ...outer.after],
            trim: outer.trim ?? inner.trim,
          }),
          NOTHING,
        );
    default:
      throw new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing or Sequence for ${what} but found ${config!.type}.`,
      );
  }
}

function trimRule(found: { trim_offsets: boolean; add_prefix_space: boolean }): TrimRule | undefined {
  return found.trim_offsets ? { prefixSpace: found.add_prefix_space } : undefined;
}

function fromTemplate(found: z.infer<typeof template>, what: string): Surroundings {
  const before: number[] = [];
  const after: number[] = [];
  let side = before;
  for (const piece of found.single) {
    if ('Sequence' in piece) {
      if (side === after)
        throw new InputError('ERR_MODEL_FORMAT', `Expected the text once in ${what} but found it twice.`);
      side = after;
      continue;
    }
    const name = (piece as { SpecialToken: { id: string } }).SpecialToken.id;
    const special = found.special_tokens[name];
    if (special === undefined)
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected ${JSON.stringify(name)} among special_tokens in ${what} but it is not there.`,
      );
    side.push(...special.ids);
  }
  if (side === before)
    throw new InputError('ERR_MODEL_FORMAT', `Expected the text once in ${what} but it is not there.`);
  return { before, after, trim: undefined };
}
