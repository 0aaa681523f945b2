/**
 * Fingerprints of blocks that are equal as text: the md5 of the block's lines without their trailing white space, each
 * with `\n` after it, blank lines left out. The files are read once more for them.
 */
import { createHash, type Hash } from 'node:crypto';
import { throwIfAborted } from '../../errors.js';
import { MARK } from '../lines/line-mode.js';
import { readChunks, type TextInput } from '../lines/text-input.js';
import type { LineSpan } from '../log/locate.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

export interface BlockPlace extends LineSpan {
  readonly input: TextInput;
}

/** The fingerprint of each block, hex, given one place of each; undefined for one that ends beyond its file. */
export async function exactFingerprints(
  places: readonly BlockPlace[],
  signal?: AbortSignal,
): Promise<(string | undefined)[]> {
  const fingerprints = new Array<string | undefined>(places.length);
  const byFile = new Map<TextInput, number[]>();
  for (const [i, { input }] of places.entries()) {
    const known = byFile.get(input);
    if (known === undefined) byFile.set(input, [i]);
    else known.push(i);
  }
  for (const [input, waiting] of byFile) {
    // The next one last.
    waiting.sort((a, b) => places[b]!.start - places[a]!.start);
    let open: { readonly index: number; readonly hash: Hash }[] = [];
    let number = 0;
    for await (const lines of linesOf(input)) {
      throwIfAborted(signal);
      if (open.length === 0 && waiting.length === 0) break;
      for (const line of lines) {
        number++;
        while (waiting.length > 0 && places[waiting.at(-1)!]!.start === number) {
          open.push({ index: waiting.pop()!, hash: createHash('md5') });
        }
        if (open.length === 0) continue;
        const text = trimmed(number === 1 ? withoutMark(line) : line);
        if (text.length > 0) for (const { hash } of open) hash.update(text).update('\n');
        for (const { index, hash } of open) {
          if (places[index]!.end === number) fingerprints[index] = hash.digest('hex');
        }
        open = open.filter(({ index }) => fingerprints[index] === undefined);
      }
    }
  }
  return fingerprints;
}

function withoutMark(line: Buffer): Buffer {
  return line.subarray(0, MARK.length).equals(MARK) ? line.subarray(MARK.length) : line;
}

function trimmed(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line[end - 1]! <= SPACE) end--;
  return line.subarray(0, end);
}

/** The lines of a chunk at once: handed over one by one, millions of them would take as many turns of the event loop. */
async function* linesOf(input: TextInput): AsyncGenerator<readonly Buffer[], void, void> {
  let pieces: Buffer[] = [];
  // Lines end at \n, \r or \r\n.
  let last = -1;
  for await (const { bytes } of readChunks(input, 2 ** 20)) {
    const chunk = Buffer.from(bytes);
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LINE_FEED && last === CARRIAGE_RETURN) {
        start = at + 1;
      } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        pieces.push(chunk.subarray(start, at));
        lines.push(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
        pieces = [];
        start = at + 1;
      }
      last = byte;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
    yield lines;
  }
  if (pieces.length > 0) yield [Buffer.concat(pieces)];
}
