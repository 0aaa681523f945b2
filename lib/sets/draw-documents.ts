/** Draws documents from a source of any size: those with given secrets, or those without, cut to what a model takes. */
import * as z from 'zod';
import { check } from '../check.js';
import { digestText } from '../data/digest.js';
import type { Document } from '../data/document.js';
import { throwIfAborted } from '../errors.js';
import type { Tokenizer } from '../model/tokenizer/tokenizer.js';
import { type ProgressEvent, progress } from '../progress.js';
import type { Secret } from '../secrets/secret.js';
import { excerptsOf, firstLines } from './excerpts.js';
import type { SetRecord } from './set-file.js';

export interface DrawDocumentsOptions {
  /** Documents to draw at most, an integer >= 1. */
  readonly count: number;
  /** Tokens kept of each, special ones included, an integer >= 16. Default: 512. */
  readonly maxTokens?: number | undefined;
  /** Documents of fewer tokens are passed over, an integer >= 0. Default: 0. */
  readonly minTokens?: number | undefined;
  /**
   * Secrets by document: only these documents are drawn, cut around their secrets, a document of many tokens into
   * several. Default: documents are drawn from all and cut after their first tokens.
   */
  readonly secrets?: ReadonlyMap<string, readonly Secret[]> | undefined;
  /**
   * Of the documents that may be drawn, this share at most is: above 0 and up to 1, rounded up. The rest is left to another
   * draw. With `secrets` there is no other value than 1. Default: 1.
   */
  readonly share?: number | undefined;
  /** Ids that are not drawn. */
  readonly exclude?: ReadonlySet<string> | undefined;
  /** The draw depends on it and on the ids, not on their order. Default: 42. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DrawResult {
  /** In random order. */
  readonly records: readonly SetRecord[];
  /** Documents of the source. */
  readonly read: number;
  /** Documents of the source that were no candidates because another one has the same text. */
  readonly copies: number;
  /** Secrets with more tokens than a document may have. */
  readonly secretsTooLong: number;
  /** Ids of `secrets` that no document of the source has. */
  readonly unknown: readonly string[];
}

const isMap = (value: unknown) => value instanceof Map;
const schema = z
  .strictObject({
    count: z.int().min(1),
    maxTokens: z.int().min(16).default(512),
    minTokens: z.int().min(0).default(0),
    secrets: z.custom<ReadonlyMap<string, readonly Secret[]>>(isMap, 'a map').optional(),
    share: z.number().gt(0).max(1).default(1),
    exclude: z.custom<ReadonlySet<string>>((value) => value instanceof Set, 'a set').default(new Set()),
    seed: z.int().default(42),
    signal: z.instanceof(AbortSignal).optional(),
  })
  .refine(({ secrets, share }) => secrets === undefined || share === 1, {
    path: ['share'],
    error: 'Expected 1 for share where secrets are given',
  });

type Settings = z.infer<typeof schema>;

interface Candidate {
  readonly document: Document;
  readonly priority: string;
}

/** Texts held for each document that is asked for, since some of them prove too short. */
const HELD_PER_DOCUMENT = 8;

/**
 * Draws documents at random. Of documents with one text the first is a candidate, so that nothing is drawn twice. Memory
 * holds a few times as many texts as are asked for; where too many of those prove too short, the source is read again.
 *
 * @param source reads the documents from the beginning each time
 * @throws InputError `ERR_INVALID_OPTION`, and what reading throws; AbortedError
 */
export async function* drawDocuments(
  source: () => AsyncIterable<Document>,
  tokenizer: Pick<Tokenizer, 'encode'>,
  options: DrawDocumentsOptions,
): AsyncGenerator<ProgressEvent, DrawResult, void> {
  const settings = check(schema, options, 'options of drawDocuments');
  for (let held = settings.count * HELD_PER_DOCUMENT; ; held *= HELD_PER_DOCUMENT) {
    const found = yield* readCandidates(source(), settings, held);
    const { records, secretsTooLong } = cutAll(found.candidates, tokenizer, settings);
    if (records.length < settings.count && found.dropped) continue;
    const { read, copies } = found;
    const unknown = [...(settings.secrets?.keys() ?? [])].filter((id) => !found.ids.has(id));
    return { records, read, copies, secretsTooLong, unknown };
  }
}

interface Candidates {
  /** Those of the lowest priorities, in their order. */
  readonly candidates: readonly Candidate[];
  /** Whether there were more than were to be held. */
  readonly dropped: boolean;
  readonly read: number;
  readonly copies: number;
  /** Ids of the documents that `secrets` asks for. */
  readonly ids: ReadonlySet<string>;
}

async function* readCandidates(
  documents: AsyncIterable<Document>,
  { secrets, exclude, minTokens, seed, signal }: Settings,
  held: number,
): AsyncGenerator<ProgressEvent, Candidates, void> {
  let candidates: Candidate[] = [];
  let [read, copies, dropped] = [0, 0, false];
  const texts = new Set<string>();
  const ids = new Set<string>();
  const keepFirst = () => {
    candidates.sort((a, b) => (a.priority < b.priority ? -1 : 1));
    dropped ||= candidates.length > held;
    candidates = candidates.slice(0, held);
  };
  for await (const document of documents) {
    throwIfAborted(signal);
    if (++read % 256 === 0) yield progress('read documents', read, undefined, 'documents');
    const { id, text } = document;
    if (secrets?.has(id)) ids.add(id);
    if (exclude.has(id) || (secrets !== undefined && !secrets.get(id)?.length)) continue;
    // No token is shorter than nothing: cheaper than counting tokens.
    if (text.length < minTokens) continue;
    const digest = digestText(text);
    if (texts.has(digest)) {
      copies++;
      continue;
    }
    texts.add(digest);
    candidates.push({ document, priority: digestText(`${seed}\0${id}`) });
    if (candidates.length >= 2 * held) keepFirst();
  }
  keepFirst();
  return { candidates, dropped, read, copies, ids };
}

function cutAll(
  candidates: readonly Candidate[],
  tokenizer: Pick<Tokenizer, 'encode'>,
  { count, maxTokens, minTokens, secrets, share }: Settings,
): { records: SetRecord[]; secretsTooLong: number } {
  const records: SetRecord[] = [];
  let secretsTooLong = 0;
  const isLongEnough = (text: string) =>
    minTokens === 0 || tokenizer.encode(text, { maxTokens: minTokens }).tokens.length >= minTokens;
  let longEnough = 0;
  for (const { document } of candidates) {
    if (records.length >= count && (share === 1 || longEnough * share >= count)) break;
    const { id, number, text } = document;
    if (!isLongEnough(text)) continue;
    longEnough++;
    if (records.length >= count) continue;
    const origin = document.licence === undefined ? {} : { licence: document.licence };
    if (secrets === undefined) {
      records.push({ id: number ?? id, text: firstLines(text, tokenizer, maxTokens), ...origin });
      continue;
    }
    const { excerpts, tooLong } = excerptsOf(text, secrets.get(id)!, tokenizer, maxTokens);
    secretsTooLong += tooLong;
    for (const excerpt of excerpts)
      records.push({
        id:
          excerpts.length === 1 && excerpt.start === 0
            ? (number ?? id)
            : `${id}:${lineOf(text, excerpt.start)}`,
        text: excerpt.text,
        secrets: [...excerpt.secrets],
        ...origin,
      });
  }
  const most = share === 1 ? count : Math.min(count, Math.ceil(longEnough * share));
  return { records: records.slice(0, most), secretsTooLong };
}

/** From 1. */
function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
