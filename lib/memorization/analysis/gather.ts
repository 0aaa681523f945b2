/**
 * Clone logs as columns of numbers: read once, each group forgotten when it is counted. What is kept grows with the
 * fingerprints and their distinct places in the outputs, and with {@link MAX_PLACES} places each in the corpus.
 */
import { Agreement, type AgreementTally, ZERO_HASH } from '../../clones/log/agreement.js';
import { type CloneGroup, type CloneTotals, readCloneGroups } from '../../clones/log/log.js';
import { InputError, throwIfAborted } from '../../errors.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { GrowingColumn } from './column.js';
import { LogFiles, OUTPUTS } from './log-files.js';
import type { OutputsText } from './outputs-text.js';
import { type Counting, MAX_PLACES } from './summary.js';
import { TupleTable } from './tuple-table.js';

/** Groups between two looks at the clock of the caller: progress, and whether to stop. */
const GROUPS_A_STEP = 10_000;

/** One log. */
export interface LogSummary {
  readonly path: string;
  /** Corpus files that it names, in the order in which they came: indexes into {@link Blocks.files}. */
  readonly files: readonly number[];
  /** Fingerprints on both sides, each once, in the order of the log. */
  readonly fingerprints: Uint32Array;
  readonly totals: CloneTotals;
}

/** All that the logs say of blocks on both sides. Places are rows of columns; fingerprints are known by their index. */
export interface Blocks {
  readonly logs: readonly LogSummary[];
  /** Corpus files as the logs name them, with the last line in which a block ends. */
  readonly files: readonly { readonly name: string; readonly lastLine: number }[];
  /** In the order in which they first came. */
  readonly fingerprints: TupleTable;
  /** By fingerprint: significant lines (of the group that came first), occurrences in the corpus and the outputs. */
  readonly lengths: Uint32Array;
  readonly train: Uint32Array;
  readonly extract: Uint32Array;
  /** Distinct places in the outputs: fingerprint, first line, last line. */
  readonly places: TupleTable;
  /** With the published counting, rows of `places` as the logs list them, repeated as there; else empty. */
  readonly listed: Uint32Array;
  /** What was left out because its lines do not agree as text; undefined if nothing was compared. */
  readonly agreement: AgreementTally | undefined;
  /** The first places in the corpus of each fingerprint: fingerprint, file, first line, last line. */
  readonly corpus: readonly [GrowingColumn, GrowingColumn, GrowingColumn, GrowingColumn];
}

/** The fingerprint of an index, in hex. */
export function fingerprintOf({ fingerprints }: Blocks, index: number): string {
  const { columns } = fingerprints;
  for (let i = 0; i < 4; i++) scratch.writeUInt32BE(columns[i]!.data[index]!, 4 * i);
  return scratch.toString('hex');
}

const scratch = Buffer.alloc(16);

export interface GatherBlocksOptions {
  readonly counting: Counting;
  /** Where a corpus file that a log names lies now. */
  readonly locate: (file: string) => string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the logs. But for the published counting, only blocks whose lines agree as text count (clones/log/agreement.ts):
 * the corpus files are read for it, where they are.
 *
 * @throws InputError `ERR_FILE_FORMAT` for a log that is cut short, lists a block twice, was made from other outputs, or
 *   shares a corpus file with another log
 */
export async function* gatherBlocks(
  logs: readonly string[],
  outputs: OutputsText,
  { counting, locate, signal }: GatherBlocksOptions,
): AsyncGenerator<ProgressEvent, Blocks, void> {
  const gatherer = new Gatherer(outputs, counting);
  const agreement =
    counting === 'published'
      ? undefined
      : new Agreement({
          isOutputs: (file) => gatherer.isOutputs(file),
          locate: (file) => (gatherer.isOutputs(file) ? outputs.path : locate(file)),
          signal,
        });
  let groups = 0;
  for (const path of logs) {
    gatherer.beginLog(path);
    const reader = readCloneGroups(path);
    try {
      for (;;) {
        const next = await reader.next();
        if (next.done) {
          for (const group of (await agreement?.flush()) ?? []) gatherer.add(group);
          gatherer.endLog(next.value);
          break;
        }
        if (gatherer.isOnBothSides(next.value))
          for (const group of (await agreement?.add(next.value)) ?? (agreement ? [] : [next.value]))
            gatherer.add(group);
        if (++groups % GROUPS_A_STEP !== 0) continue;
        throwIfAborted(signal);
        yield progress('read logs', groups, undefined, 'blocks');
      }
    } finally {
      await reader.return(undefined as never);
    }
  }
  return gatherer.finish(agreement?.tally);
}

class Gatherer {
  readonly #logs: LogSummary[] = [];
  readonly #fingerprints = new TupleTable(4);
  readonly #lengths = new GrowingColumn();
  readonly #train = new GrowingColumn();
  readonly #extract = new GrowingColumn();
  readonly #places = new TupleTable(3);
  readonly #listed = new GrowingColumn();
  readonly #corpus = [
    new GrowingColumn(),
    new GrowingColumn(),
    new GrowingColumn(),
    new GrowingColumn(),
  ] as const;
  readonly #keptPlaces = new GrowingColumn();
  /** Log in which a fingerprint stood last, from 1, and the length of its group there. */
  readonly #lastLog = new GrowingColumn();
  readonly #lastLength = new GrowingColumn();
  /** Distinct places of {@link ZERO_HASH}: 1 + the corpus file, or 0 for the outputs; first line. */
  readonly #zeroPlaces = new TupleTable(2);
  readonly #files: LogFiles;
  #ofLog = new GrowingColumn();
  #path = '';

  constructor(
    readonly outputs: OutputsText,
    readonly counting: Counting,
  ) {
    this.#files = new LogFiles(outputs);
  }

  beginLog(path: string): void {
    this.#path = path;
    this.#ofLog = new GrowingColumn();
    this.#files.beginLog(path);
  }

  endLog(totals: CloneTotals): void {
    const files = this.#files.endLog();
    const fingerprints = this.#ofLog.data.slice(0, this.#ofLog.length);
    this.#logs.push({ path: this.#path, files, fingerprints, totals });
  }

  isOutputs(file: string): boolean {
    return this.#files.isOutputs(file);
  }

  /** Whether a group counts, after a look at all its lines: Simian lists blocks of one side too, by far the most. */
  isOnBothSides({ length, occurrences }: CloneGroup): boolean {
    let inOutputs = 0;
    for (const occurrence of occurrences) if (this.#files.sideOf(occurrence, length) === OUTPUTS) inOutputs++;
    if (inOutputs === 0) this.#files.noteShared(occurrences);
    return inOutputs > 0 && inOutputs < occurrences.length;
  }

  add({ length, fingerprint, occurrences }: CloneGroup): void {
    const sides = occurrences.map((occurrence) => this.#files.sideOf(occurrence, length));
    const index = this.#index(fingerprint, length);
    const isZero = fingerprint === ZERO_HASH;
    const distinct = this.counting === 'distinct';
    for (const [i, { start, end }] of occurrences.entries()) {
      const file = sides[i]!;
      const known = this.#zeroPlaces.size;
      if (isZero && distinct) this.#zeroPlaces.add(file + 1, start);
      const isNewZero = this.#zeroPlaces.size > known;
      if (file === OUTPUTS) {
        const places = this.#places.size;
        const place = this.#places.add(index, start, end);
        const isNew = isZero ? isNewZero : this.#places.size > places;
        if (!distinct) this.#listed.push(place);
        if (!distinct || isNew) this.#extract.data[index]!++;
      } else {
        if (isZero && distinct && !isNewZero) continue;
        this.#train.data[index]!++;
        this.#keep(index, file, start, end);
      }
    }
  }

  finish(agreement: AgreementTally | undefined): Blocks {
    const count = this.#fingerprints.size;
    return {
      logs: this.#logs,
      files: this.#files.corpus,
      fingerprints: this.#fingerprints,
      lengths: this.#lengths.data.subarray(0, count),
      train: this.#train.data.subarray(0, count),
      extract: this.#extract.data.subarray(0, count),
      places: this.#places,
      listed: this.#listed.data.subarray(0, this.#listed.length),
      agreement,
      corpus: this.#corpus,
    };
  }

  #index(fingerprint: string, length: number): number {
    const known = this.#fingerprints.size;
    const index = this.#fingerprints.add(
      Number.parseInt(fingerprint.slice(0, 8), 16),
      Number.parseInt(fingerprint.slice(8, 16), 16),
      Number.parseInt(fingerprint.slice(16, 24), 16),
      Number.parseInt(fingerprint.slice(24), 16),
    );
    if (index === known) {
      this.#lengths.push(length);
      for (const column of [this.#train, this.#extract, this.#keptPlaces, this.#lastLog, this.#lastLength])
        column.push(0);
    }
    const log = this.#logs.length + 1;
    if (this.#lastLog.data[index] !== log) this.#ofLog.push(index);
    else if (this.#lastLength.data[index] === length) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected each block once in ${this.#path} but it lists fingerprint ${fingerprint} of ${length} lines twice: are these several logs in one file?`,
        { remedy: 'Give each log as a file of its own.' },
      );
    }
    this.#lastLog.data[index] = log;
    this.#lastLength.data[index] = length;
    return index;
  }

  #keep(index: number, file: number, start: number, end: number): void {
    if (this.#keptPlaces.data[index]! >= MAX_PLACES) return;
    this.#keptPlaces.data[index]!++;
    for (const [i, value] of [index, file, start, end].entries()) this.#corpus[i]!.push(value);
  }
}
