/** Which file of a clone log is the outputs and which are corpus, and whether they can be the files of this analysis. */
import { basename, resolve } from 'node:path';
import type { CloneOccurrence } from '../../clones/log/log.js';
import { InputError } from '../../errors.js';
import type { OutputsText } from './outputs-text.js';

/** What {@link LogFiles.sideOf} says of the outputs; corpus files count from 0. */
export const OUTPUTS = -1;

/** How merged outputs are called; a corpus shard is called by its number. */
const MERGED_NAME = /^all_\d+-\d+(\.gz)?$/;

export interface CorpusFile {
  /** As the log names it. */
  readonly name: string;
  /** The last line in which a block ends. */
  lastLine: number;
}

export class LogFiles {
  readonly corpus: CorpusFile[] = [];
  readonly #resolved: string;
  /** Log that names each corpus file. */
  readonly #logOf = new Map<string, string>();
  /** The files of the log that is being read: {@link OUTPUTS} or an index into `corpus`. */
  #sides = new Map<string, number>();
  #path = '';
  /** How this log names the outputs. */
  #outputsName: string | undefined;
  /** Two files of this log that share a block, neither of which is the outputs. */
  #others: readonly string[] | undefined;

  constructor(readonly outputs: OutputsText) {
    this.#resolved = resolve(outputs.path);
  }

  beginLog(path: string): void {
    this.#path = path;
    this.#sides = new Map();
    this.#outputsName = undefined;
    this.#others = undefined;
  }

  /** The corpus files of the log that ends here. */
  endLog(): number[] {
    if (this.#outputsName === undefined && this.#others !== undefined) throw this.#otherOutputs(this.#others);
    return [...this.#sides.values()].filter((side) => side !== OUTPUTS);
  }

  isOutputs(file: string): boolean {
    return resolve(file) === this.#resolved || basename(file) === basename(this.#resolved);
  }

  /**
   * The side that an occurrence is on, after a look at its lines.
   *
   * @param length significant lines of its group
   */
  sideOf({ file, start, end }: CloneOccurrence, length: number): number {
    let side = this.#sides.get(file);
    if (side === undefined) {
      side = this.#enter(file);
      this.#sides.set(file, side);
    }
    if (start < 1 || end - start + 1 < length) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected ${length} lines at least in a block of ${this.#path} but found lines ${start} to ${end} of ${file}.`,
      );
    }
    if (side !== OUTPUTS) {
      const corpus = this.corpus[side]!;
      if (end > corpus.lastLine) corpus.lastLine = end;
    } else if (end > this.outputs.lines) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected blocks within the ${this.outputs.lines} lines of ${this.outputs.path} but ${this.#path} has one in lines ${start} to ${end}: it was made from other outputs.`,
        { remedy: 'Run the clone detection again on these outputs.' },
      );
    }
    return side;
  }

  /** Two files that share a block which the outputs have no part in. */
  noteShared(occurrences: readonly CloneOccurrence[]): void {
    if (this.#others !== undefined || this.#outputsName !== undefined) return;
    const first = occurrences[0]!.file;
    const second = occurrences.find(({ file }) => file !== first)?.file;
    if (second !== undefined) this.#others = [first, second];
  }

  #enter(file: string): number {
    const name = basename(file);
    if (this.isOutputs(file)) {
      if (this.#outputsName !== undefined) {
        throw new InputError(
          'ERR_FILE_FORMAT',
          `Expected one file called ${name}, the outputs, in ${this.#path} but found ${this.#outputsName} and ${file}.`,
          { remedy: 'Call corpus files otherwise than the outputs, and run the clone detection again.' },
        );
      }
      this.#outputsName = file;
      return OUTPUTS;
    }
    if (MERGED_NAME.test(name)) throw this.#otherOutputs([file]);
    const log = this.#logOf.get(file);
    if (log !== undefined) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected each corpus file in one log but ${file} stands in ${log} and in ${this.#path}: its places would count twice.`,
        { remedy: 'Give each log once, and logs of different corpus files.' },
      );
    }
    this.#logOf.set(file, this.#path);
    this.corpus.push({ name: file, lastLine: 0 });
    return this.corpus.length - 1;
  }

  #otherOutputs(found: readonly string[]): InputError {
    return new InputError(
      'ERR_FILE_FORMAT',
      `Expected blocks of ${this.outputs.path} in ${this.#path} but it names ${found.join(' and ')}: it was made from other outputs.`,
      { remedy: 'Give the outputs that the log was made from, or run the clone detection again.' },
    );
  }
}
