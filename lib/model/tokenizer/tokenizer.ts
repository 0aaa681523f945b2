/**
 * Text to token ids and back, with the place of every token in the text.
 *
 * Ids and offsets are those of the Rust tokenizers library, for each kind of tokenizer that the model families have
 * (`test/oracle/make_tokenizer_oracle.py`). @huggingface/tokenizers, which knows no offsets, splits the words of
 * WordPiece and joins them again; the rest is ours, since in release 0.2 of that package
 * - `\s` of the split patterns is JavaScript's, so U+FEFF and U+0085 are split wrongly;
 * - whitespace that an added token takes along is lost, and `single_word` is not heeded;
 * - decoding cleans up spaces unless told not to, refuses an empty list, and searches all added tokens for each id;
 *   byte tokens lose a byte-order mark and count cut characters otherwise;
 * - merging is slow on long words (merges.ts says why), which for SentencePiece are whole texts.
 * A decoded text is that of the Rust library but for added tokens with letters beyond ASCII, which that one breaks.
 * What remains: characters newer than Unicode 15 may split by the Unicode version of Node rather than of the Rust library.
 */
import { join } from 'node:path';
import * as z from 'zod';
import { check, describe } from '../../check.js';
import { InputError } from '../../errors.js';
import { exists } from '../../files.js';
import type { Encoding } from './encoding.js';
import { readSpecialTokens, type SpecialTokens } from './files/special-tokens.js';
import { interpretTokenizer, type TokenizerJson, type TokenizerSpec } from './files/tokenizer-file.js';
import { TOKENIZER_FILES } from './files/tokenizer-files.js';
import { readTokenizerSource, type TokenizerSource } from './files/tokenizer-source.js';
import { AddedTokenSplitter } from './steps/added-tokens.js';
import { AlignedText } from './steps/aligned-text.js';
import { trimOffsets } from './steps/trim-offsets.js';
import { TokenSink } from './token-sink.js';
import { WordEncoder } from './words.js';

export type { Encoding };

export interface EncodeOptions {
  /** Keep the first `maxTokens` tokens, those of `addSpecialTokens` counted. Integer >= 0; default: all. */
  readonly maxTokens?: number;
  /** Put the tokens around the text that the tokenizer's post-processor names. Default: false. */
  readonly addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out. Default: false. */
  readonly skipSpecialTokens?: boolean;
}

const encodeOptions = z.strictObject({
  maxTokens: z.int().min(0).optional(),
  addSpecialTokens: z.boolean().optional(),
});

const decodeOptions = z.strictObject({ skipSpecialTokens: z.boolean().optional() });

export class Tokenizer implements SpecialTokens {
  /** The largest id + 1, added tokens counted: the least vocabulary that a model for this tokenizer can have. */
  readonly vocabularySize: number;
  /**
   * The same without tokens that only the small files beside tokenizer.json name: a model that was never resized for a
   * padding token, say, is sound as long as no text has it.
   */
  readonly ownVocabularySize: number;
  /** The tokenizer as one tokenizer.json, with the tokens and settings of the small files beside it. */
  readonly json: TokenizerJson;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  /** Paths of the tokenizer files that a saved model must carry. */
  readonly files: readonly string[];

  readonly #spec: TokenizerSpec;
  /** Finds added tokens in the text as it is, and in normalized text. */
  readonly #raw: AddedTokenSplitter;
  readonly #normalized: AddedTokenSplitter;
  readonly #words: WordEncoder;
  readonly #special: ReadonlySet<number>;
  #droppedBytes = 0;

  private constructor(
    spec: TokenizerSpec,
    special: SpecialTokens,
    files: readonly string[],
    { json, own }: TokenizerSource,
  ) {
    this.#spec = spec;
    this.#raw = new AddedTokenSplitter(spec.addedTokens.filter((token) => !token.normalized));
    this.#normalized = new AddedTokenSplitter(spec.addedTokens.filter((token) => token.normalized));
    this.#words = new WordEncoder(spec.words, spec.preTokenizer.splits);
    this.#special = new Set(spec.addedTokens.filter((token) => token.special).map((token) => token.id));
    const beside = new Set((json.added_tokens ?? []).slice(own).map(({ id }) => id));
    const ids = [...spec.vocabulary.values(), ...spec.addedTokens.map((token) => token.id)];
    this.vocabularySize = sizeOf(ids);
    this.ownVocabularySize = sizeOf([
      ...spec.vocabulary.values(),
      ...spec.addedTokens.flatMap(({ id }) => (beside.has(id) ? [] : [id])),
    ]);
    this.json = json;
    this.bosId = special.bosId;
    this.eosId = special.eosId;
    this.padId = special.padId;
    this.files = files;
  }

  /**
   * Loads the tokenizer of a model directory as AutoTokenizer of transformers 5 does: `tokenizer.json`, or `vocab.json` and
   * `merges.txt` of GPT-2, CodeGen or Qwen2, with what the small files beside them say.
   *
   * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_MODEL_FORMAT` for files that are not sound;
   *   `ERR_MODEL_UNSUPPORTED` for kinds that would not be encoded exactly
   */
  static async load(directory: string): Promise<Tokenizer> {
    const source = await readTokenizerSource(directory);
    const spec = interpretTokenizer(source.json, source.path);
    const added = new Map(spec.addedTokens.map((token) => [token.content, token.id]));
    const special = await readSpecialTokens(
      source.directory,
      source.kind,
      (content) => added.get(content) ?? spec.vocabulary.get(content),
    );
    const paths = TOKENIZER_FILES.map((name) => join(source.directory, name));
    const found = await Promise.all(paths.map(exists));
    return new Tokenizer(
      spec,
      special,
      paths.filter((_, i) => found[i]),
      source,
    );
  }

  /**
   * Ids and offsets of `text`. A lone surrogate, which UTF-8 cannot hold, is encoded as U+FFFD.
   * Words are looked up only until `maxTokens` are found.
   *
   * @throws InputError `ERR_INVALID_OPTION`, also for `maxTokens` less than the special tokens take
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    if (typeof text !== 'string')
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected a string for text but received ${describe(text)}.`,
      );
    const { maxTokens = Number.POSITIVE_INFINITY, addSpecialTokens = false } = check(
      encodeOptions,
      options,
      'options of encode',
    );
    const { before, after, trim } = this.#spec.surroundings;
    const around = addSpecialTokens ? before.length + after.length : 0;
    if (maxTokens < around)
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected a number >= ${around} for maxTokens, the special tokens around a text, but received ${maxTokens}.`,
      );

    const sink = new TokenSink(maxTokens - around);
    const wellFormed = text.replace(/\p{Cs}/gu, '\ufffd');
    for (const section of this.#raw.split(wellFormed)) {
      if (sink.full) break;
      if (section.token) sink.push(section.token.id, section.start, section.end);
      else
        this.#encodeSection(
          AlignedText.of(wellFormed.slice(section.start, section.end), section.start),
          sink,
        );
    }
    const encoding = sink.finish();
    if (trim) trimOffsets(encoding, wellFormed, trim, this.#spec.contents);
    return around === 0 ? encoding : surround(encoding, before, after);
  }

  /**
   * The text of `tokens`; nothing is cleaned up beyond what the tokenizer's decoder says. Bytes that are not UTF-8, as
   * in a character cut in two, come out as U+FFFD. An id that no token has, as in a vocabulary padded beyond its
   * tokenizer, has no text.
   *
   * @throws InputError `ERR_INVALID_OPTION` for ids that are not integers >= 0
   */
  decode(tokens: ArrayLike<number>, options: DecodeOptions = {}): string {
    const { skipSpecialTokens = false } = check(decodeOptions, options, 'options of decode');
    const known: number[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const id = tokens[i]!;
      if (!Number.isInteger(id) || id < 0)
        throw new InputError(
          'ERR_INVALID_OPTION',
          `Expected an integer >= 0 for token ${i} but received ${describe(id)}.`,
        );
      if (this.#spec.contents(id) === undefined || (skipSpecialTokens && this.#special.has(id))) continue;
      known.push(id);
    }
    return this.#spec.decode(known);
  }

  /**
   * Bytes of all texts encoded so far that no token stands for: some published vocabularies lack the symbols of a few
   * bytes, and have no unknown token. They are left out, as in the Rust library.
   */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** A stretch of the text that holds no added token but normalized ones. */
  #encodeSection(section: AlignedText, sink: TokenSink): void {
    const normalized = this.#spec.normalize(section);
    for (const { token, start, end } of this.#normalized.split(normalized.text)) {
      if (sink.full) return;
      if (token) sink.push(token.id, normalized.start(start), normalized.end(end));
      else this.#encodeWords(this.#spec.preTokenizer.prepare(normalized.slice(start, end)), sink);
    }
  }

  #encodeWords(prepared: AlignedText, sink: TokenSink): void {
    const { text, starts, ends, origin } = prepared;
    this.#words.split(text, (start, end) => {
      const { ids, spans, dropped } = this.#words.encode(text.slice(start, end));
      this.#droppedBytes += dropped;
      if (starts === undefined) sink.pushAll(ids, spans, origin + start);
      else
        for (let i = 0; i < ids.length; i++)
          sink.push(ids[i]!, starts[start + spans[2 * i]!]!, ends![start + spans[2 * i + 1]! - 1]!);
      return !sink.full;
    });
  }
}

function sizeOf(ids: readonly number[]): number {
  return ids.reduce((largest, id) => Math.max(largest, id), -1) + 1;
}

function surround(encoding: Encoding, before: readonly number[], after: readonly number[]): Encoding {
  const { tokens, offsets, truncated } = encoding;
  const length = before.length + tokens.length + after.length;
  const allTokens = new Int32Array(length);
  const allOffsets = new Int32Array(2 * length);
  allTokens.set(before);
  allTokens.set(tokens, before.length);
  allTokens.set(after, before.length + tokens.length);
  allOffsets.set(offsets, 2 * before.length);
  return { tokens: allTokens, offsets: allOffsets, truncated };
}
