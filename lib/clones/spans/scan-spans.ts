/** A part of a corpus file, searched for spans by itself, and the parts put together: where a file was cut does not show. */
import { throwIfAborted } from '../../errors.js';
import { readChunks } from '../lines/text-input.js';
import type { Part } from '../search/part.js';
import type { JoinedParts } from '../search/scan-corpus.js';
import { type DocumentSink, DocumentSplitter, SEPARATOR_BYTES } from './document-splitter.js';
import { type CorpusMatch, MatchList, unpackMatches } from './match-list.js';
import type { SpanIndex } from './span-index.js';
import { SpanScanner } from './span-scanner.js';
import { WhiteSpaceCollapser } from './white-space.js';

export interface SpanScanSettings {
  /** Runs of white space are alike. */
  readonly anyWhiteSpace: boolean;
  /** Bytes read at a time. */
  readonly chunkBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ScannedSpans {
  /** Documents that end in the part. */
  readonly documents: number;
  /** Bytes of the part after the last of these ends. */
  readonly restBytes: number;
  /** As {@link MatchList.pack} packs them; documents count from that in which the part begins, places from the part's start in it. */
  readonly matches: Float64Array<ArrayBuffer>;
}

/**
 * Bytes looked at in one go: so few that they stay in the processor's cache from one step to the next. Beyond the end of a
 * part it is asked after each whether a match needs more.
 */
const PIECE_BYTES = 2 ** 17;

/** Yields how many bytes of the file on disk were read since it yielded last. */
export async function* scanSpans(
  { input, first, end }: Part,
  index: SpanIndex,
  { anyWhiteSpace, chunkBytes, signal }: SpanScanSettings,
  read = readChunks,
): AsyncGenerator<number, ScannedSpans, void> {
  let at = Math.max(0, first - SEPARATOR_BYTES - 1);
  const sink = new PartSink(index, first, end, anyWhiteSpace);
  const splitter = new DocumentSplitter(sink, at);
  reading: for await (const { bytes, diskBytes } of read(input, chunkBytes, at)) {
    throwIfAborted(signal);
    // What is read of the neighbours is theirs to count.
    const own = Math.min(end, at + bytes.length) - Math.max(first, at);
    yield input.kind === 'text' ? Math.max(0, own) : diskBytes;
    for (let from = 0; from < bytes.length; ) {
      const piece = bytes.subarray(from, from + (at < end ? Math.min(end - at, PIECE_BYTES) : PIECE_BYTES));
      splitter.push(piece);
      if (sink.isDone) break reading;
      from += piece.length;
      at += piece.length;
    }
  }
  if (!sink.isDone) {
    splitter.end();
    sink.endFile();
  }
  return sink.result();
}

class PartSink implements DocumentSink {
  readonly #list = new MatchList();
  readonly #scanner: SpanScanner;
  readonly #collapser: WhiteSpaceCollapser | undefined;
  #documents = 0;
  /** Known once the part has ended. */
  #restBytes: number | undefined;

  constructor(
    index: SpanIndex,
    readonly first: number,
    readonly partEnd: number,
    anyWhiteSpace: boolean,
  ) {
    this.#collapser = anyWhiteSpace ? new WhiteSpaceCollapser() : undefined;
    this.#scanner = new SpanScanner(index, (match) =>
      this.#list.add(match, 1, [{ document: this.#documents, at: match.at }]),
    );
  }

  get isDone(): boolean {
    return this.#restBytes !== undefined && this.#scanner.isDone;
  }

  text(bytes: Uint8Array, at: number): void {
    // Bytes before the part only tell how it begins.
    const before = Math.min(bytes.length, Math.max(0, this.first - at));
    this.#collapser?.push(bytes.subarray(0, before));
    const own = Math.min(bytes.length, Math.max(before, this.partEnd - at));
    this.#scan(bytes.subarray(before, own));
    if (own === bytes.length) return;
    this.#endPart();
    this.#scan(bytes.subarray(own));
  }

  end(at: number): void {
    this.#collapser?.reset();
    if (at < this.first) return;
    if (at >= this.partEnd) this.#endPart();
    this.#scanner.endDocument();
    if (this.#restBytes === undefined) this.#documents++;
  }

  endFile(): void {
    this.#endPart();
    this.#scanner.endDocument();
  }

  result(): ScannedSpans {
    return { documents: this.#documents, restBytes: this.#restBytes!, matches: this.#list.pack() };
  }

  #scan(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#scanner.push(this.#collapser?.push(bytes) ?? bytes);
  }

  #endPart(): void {
    if (this.#restBytes !== undefined) return;
    this.#restBytes = this.#scanner.position;
    this.#scanner.endHere();
  }
}

/** The parts of one file. */
export class SpanJoiner implements JoinedParts<ScannedSpans> {
  /** Documents that have ended. */
  documents = 0;
  /** Bytes of the document that has not. */
  #bytes = 0;
  readonly #list = new MatchList();

  add({ documents, restBytes, matches }: ScannedSpans): void {
    for (const match of unpackMatches(matches)) {
      const named = match.named.map(({ document, at }) => ({
        document: document + this.documents,
        at: document === 0 ? at + this.#bytes : at,
      }));
      this.#list.add(match, match.count, named);
    }
    this.#bytes = documents === 0 ? this.#bytes + restBytes : restBytes;
    this.documents += documents;
  }

  get matches(): Iterable<CorpusMatch> {
    return this.#list.matches;
  }
}
