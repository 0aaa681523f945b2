/** The small side: the outputs as they are compared, and how places in them are told in characters. */
import { isUtf8 } from 'node:buffer';
import { InputError } from '../../errors.js';
import { MARK } from '../lines/line-mode.js';
import { DocumentSplitter } from './document-splitter.js';
import { OUTPUT_END } from './span-index.js';
import { WhiteSpaceCollapser } from './white-space.js';

export interface OutputText {
  /** As given. */
  readonly file: string;
  /** Its number in the file, from 0. */
  readonly number: number;
  /** UTF-8. */
  readonly bytes: Buffer;
  /** Where it begins and ends in the text of all outputs as they are compared. */
  readonly start: number;
  readonly end: number;
}

/** Suffixes are numbered with 31 bits. */
const MOST_BYTES = 2 ** 30;

export class OutputTexts {
  readonly outputs: OutputText[] = [];
  readonly #compared: Uint8Array[] = [];
  readonly #collapser: WhiteSpaceCollapser | undefined;
  #size = 0;
  #file = '';
  #number = 0;
  #pieces: Buffer[] = [];
  #splitter: DocumentSplitter | undefined;

  constructor(anyWhiteSpace: boolean) {
    this.#collapser = anyWhiteSpace ? new WhiteSpaceCollapser() : undefined;
  }

  startFile(file: string): void {
    this.#file = file;
    this.#number = 0;
    this.#splitter = new DocumentSplitter({
      text: (bytes) => this.#pieces.push(Buffer.from(bytes)),
      end: () => this.#add(),
    });
  }

  push(bytes: Uint8Array): void {
    this.#splitter!.push(bytes);
  }

  /** What no separator follows is an output of its own. */
  endFile(): void {
    this.#splitter!.end();
    if (this.#pieces.length > 0) this.#add();
  }

  /** All outputs, each with {@link OUTPUT_END} behind it. @throws InputError if they are too large */
  text(): Uint8Array {
    return Buffer.concat(this.#compared);
  }

  #add(): void {
    let bytes: Buffer = Buffer.concat(this.#pieces);
    this.#pieces = [];
    if (this.#number === 0 && bytes.subarray(0, MARK.length).equals(MARK))
      bytes = bytes.subarray(MARK.length);
    if (!isUtf8(bytes)) bytes = Buffer.from(bytes.toString('utf8'));
    this.#collapser?.reset();
    const compared = this.#collapser?.push(bytes) ?? bytes;
    const start = this.#size;
    const end = start + compared.length;
    if (end >= MOST_BYTES)
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected outputs of less than ${MOST_BYTES} bytes together for the mode spans but ${this.#file} goes beyond that.`,
        { remedy: 'Search for some of the outputs at a time.' },
      );
    this.outputs.push({ file: this.#file, number: this.#number++, bytes, start, end });
    this.#compared.push(compared.slice(), Uint8Array.of(OUTPUT_END));
    this.#size = end + 1;
  }
}

/** Whether a character begins with this byte of UTF-8. */
export function beginsCharacter(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}

/**
 * Places in an output as it is compared, ascending, as UTF-16 code units of its text. Within white space of which only the
 * first counts, `start` is where the run begins and `end` where it ends.
 */
export class UnitCounter {
  readonly #bytes: Buffer;
  readonly #anyWhiteSpace: boolean;
  #at = 0;
  #compared = 0;
  #units = 0;

  constructor({ bytes }: OutputText, anyWhiteSpace: boolean) {
    this.#bytes = bytes;
    this.#anyWhiteSpace = anyWhiteSpace;
  }

  /** Units before the compared byte of that number. */
  unitsBefore(compared: number): number {
    while (this.#compared < compared) this.#step();
    return this.#units;
  }

  #step(): void {
    const byte = this.#bytes[this.#at++]!;
    this.#compared++;
    this.#units += unitsOf(byte);
    if (!this.#anyWhiteSpace || byte > 0x20) return;
    for (; this.#at < this.#bytes.length && this.#bytes[this.#at]! <= 0x20; this.#at++) this.#units++;
  }
}

/** UTF-16 code units of the character that begins with this byte of UTF-8; 0 for its other bytes. */
function unitsOf(byte: number): number {
  return byte >= 0xf0 ? 2 : beginsCharacter(byte) ? 1 : 0;
}
