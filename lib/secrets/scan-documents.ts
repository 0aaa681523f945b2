/** The scanner over many documents, a few at a time, as events. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Document } from '../data/documents.js';
import { throwIfAborted } from '../errors.js';
import { moduleFile } from '../package.js';
import { runParallel } from '../parallel.js';
import { type ProgressEvent, progress } from '../progress.js';
import type { RulesData } from './rules-file/rules-file.js';
import { scanText } from './scan.js';
import type { ScanSettings, ScanTask } from './scan-worker.js';
import { type ScannedDocument, SECRET_TAGS, type Secret, type SecretTag } from './secret.js';

export interface ScanDocumentsOptions {
  /** What to look for. Default: all three tags. */
  readonly tags?: readonly SecretTag[] | undefined;
  /** Drop what is sensitive to nobody ({@link filterSecrets}). Default: true. */
  readonly filter?: boolean | undefined;
  /** Of a file, see {@link readRules}: for keys, beside or instead of those that Lethe has. */
  readonly rules?: RulesData | undefined;
  /** Threads beside this one, which reads; 1 to 1024. Default 1: this one scans as well. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One document is done. Documents without secrets come too, with an empty list. */
export interface ScannedEvent {
  readonly type: 'scanned';
  readonly document: ScannedDocument;
}

export type ScanEvent = ProgressEvent | ScannedEvent;

export interface ScanSummary {
  readonly documents: number;
  /** Documents with at least one secret. */
  readonly sensitiveDocuments: number;
  /** Secrets by their type, most frequent first. */
  readonly counts: Readonly<Record<string, number>>;
}

const schema = z.strictObject({
  tags: z.array(z.enum(SECRET_TAGS)).default([...SECRET_TAGS]),
  filter: z.boolean().default(true),
  rules: z.custom<RulesData>((value) => typeof value === 'object' && value !== null, 'rules').optional(),
  workers: z.int().min(1).max(1024).default(1),
  signal: z.instanceof(AbortSignal).optional(),
});

/** Characters that are scanned here before threads have started. */
const THREADS_PAY = 2 ** 22;
/** Characters of a task: what it costs to hand one over does not count then. */
const BATCH = 2 ** 19;

/**
 * Scans documents in the order in which they come, holding a few at a time (REFERENCE sections 6.1 and 6.2). The events
 * are the same however many threads there are.
 *
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_FILE_FORMAT` for a pattern of the rules
 * @throws AbortedError when the signal fires
 */
export async function* scanDocuments(
  documents: Iterable<Document> | AsyncIterable<Document>,
  options: ScanDocumentsOptions = {},
): AsyncGenerator<ScanEvent, ScanSummary, void> {
  const { workers, signal, tags, filter, rules } = check(schema, options, 'options of scanDocuments');
  const settings = { tags, filter, rules };
  const counts = new Map<string, number>();
  let done = 0;
  let sensitiveDocuments = 0;
  for await (const [{ id, number, text }, secrets] of scanAll(documents, settings, workers, signal)) {
    for (const { type } of secrets) counts.set(type, (counts.get(type) ?? 0) + 1);
    done++;
    if (secrets.length > 0) sensitiveDocuments++;
    yield { type: 'scanned', document: { id, ...(number === undefined ? {} : { number }), text, secrets } };
    yield progress('scan', done, undefined, 'documents', `${sensitiveDocuments} with secrets`);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { documents: done, sensitiveDocuments, counts: Object.fromEntries(ranked) };
}

type Scanned = readonly [Document, readonly Secret[]];

async function* scanAll(
  documents: Iterable<Document> | AsyncIterable<Document>,
  settings: ScanSettings,
  workers: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Scanned, void> {
  let left = workers === 1 ? Number.POSITIVE_INFINITY : THREADS_PAY;
  const source = iterate(documents);
  const { rules: data, ...rest } = settings;
  const rules = data && (await import('./rules-file/compile-rules.js')).compileRules(data);
  try {
    while (left > 0) {
      throwIfAborted(signal);
      const next = await source.next();
      if (next.done) return;
      left -= next.value.text.length;
      yield [next.value, scanText(next.value.text, { ...rest, rules, path: pathOf(next.value) })];
    }
    yield* scanInThreads(source, settings, workers, signal);
  } finally {
    await source.return(undefined);
  }
}

const pathOf = ({ path, id }: Document): string => path ?? id;

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* items;
}

async function* scanInThreads(
  documents: AsyncGenerator<Document, void>,
  settings: ScanSettings,
  workers: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Scanned, void> {
  const batches = new Map<number, readonly Document[]>();
  async function* tasks(): AsyncGenerator<readonly ScanTask[], void> {
    let number = 0;
    for await (const batch of batched(documents)) {
      batches.set(number++, batch);
      yield batch.map((document) => ({ text: document.text, path: pathOf(document) }));
    }
  }
  const events = runParallel<readonly ScanTask[], Secret[][]>({
    module: moduleFile('secrets/scan-worker.js'),
    tasks: tasks(),
    shared: settings,
    workers,
    ordered: true,
    signal,
  });
  for await (const event of events) {
    if (event.type !== 'result') continue;
    for (const [index, document] of batches.get(event.index)!.entries())
      yield [document, event.result[index]!];
    batches.delete(event.index);
  }
}

async function* batched(documents: AsyncIterable<Document>): AsyncGenerator<readonly Document[], void> {
  let batch: Document[] = [];
  let size = 0;
  for await (const document of documents) {
    batch.push(document);
    size += document.text.length;
    if (size < BATCH) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
