/** The scanner over many documents, one at a time, as events. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Document } from '../data/documents.js';
import { throwIfAborted } from '../errors.js';
import { type ProgressEvent, progress } from '../progress.js';
import { filterSecrets } from './filter.js';
import { scanSecrets } from './scan.js';
import { type ScannedDocument, SECRET_TAGS, type SecretTag } from './secret.js';

export interface ScanDocumentsOptions {
  /** What to look for. Default: all three tags. */
  readonly tags?: readonly SecretTag[] | undefined;
  /** Drop what is sensitive to nobody ({@link filterSecrets}). Default: true. */
  readonly filter?: boolean | undefined;
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
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Scans documents in the order in which they come, holding one at a time (REFERENCE sections 6.1 and 6.2).
 *
 * @throws InputError `ERR_INVALID_OPTION`
 * @throws AbortedError when the signal fires
 */
export async function* scanDocuments(
  documents: Iterable<Document> | AsyncIterable<Document>,
  options: ScanDocumentsOptions = {},
): AsyncGenerator<ScanEvent, ScanSummary, void> {
  const { tags, filter, signal } = check(schema, options, 'options of scanDocuments');
  const counts = new Map<string, number>();
  let done = 0;
  let sensitiveDocuments = 0;
  for await (const { id, number, text } of documents) {
    throwIfAborted(signal);
    const found = scanSecrets(text, { tags });
    const secrets = filter ? filterSecrets(found) : found;
    for (const { type } of secrets) counts.set(type, (counts.get(type) ?? 0) + 1);
    done++;
    if (secrets.length > 0) sensitiveDocuments++;
    yield { type: 'scanned', document: { id, ...(number === undefined ? {} : { number }), text, secrets } };
    yield progress('scan', done, undefined, 'documents', `${sensitiveDocuments} with secrets`);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return { documents: done, sensitiveDocuments, counts: Object.fromEntries(ranked) };
}
