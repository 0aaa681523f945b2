/** Whether a shard is the one that its map describes: the md5 lines of documents stand where the map says. */

import { readChunks } from '../../clones/lines/text-input.js';
import type { ShardEntry } from '../../data/corpus/shard-map.js';
import { InputError, throwIfAborted } from '../../errors.js';

const CHUNK_BYTES = 2 ** 20;

const LF = 0x0a;
const CR = 0x0d;

/** More of a line than an md5 has is not kept. */
const KEPT_BYTES = 64;

/**
 * Streams the shard once and compares the last line of each of the documents with its md5.
 *
 * @throws InputError `ERR_FILE_FORMAT` naming the first document that differs
 */
export async function checkShard(
  path: string,
  documents: readonly ShardEntry[],
  signal?: AbortSignal | undefined,
): Promise<void> {
  const expected = [...documents].sort((a, b) => a.end - b.end);
  let at = 0;
  for await (const { number, text } of linesOf(path, expected, signal)) {
    const { id, md5 } = expected[at]!;
    if (text !== md5) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected md5 ${md5} of document ${id} in line ${number} of ${path} by its map but found ${JSON.stringify(text)}: they are not of the same build.`,
        { remedy: 'Build the shard and its map again, and run the clone detection on them.' },
      );
    }
    at++;
  }
  if (at === expected.length) return;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected ${expected[at]!.end} lines at least in ${path} by its map but found fewer: they are not of the same build.`,
    { remedy: 'Build the shard and its map again, and run the clone detection on them.' },
  );
}

/** The last lines of the documents, as far as the file goes; lines end at \n, \r or \r\n. */
async function* linesOf(
  path: string,
  documents: readonly ShardEntry[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly number: number; readonly text: string }, void, void> {
  const line = Buffer.alloc(KEPT_BYTES);
  let wanted = 0;
  let number = 1;
  let length = 0;
  let afterReturn = false;
  // A pipe is read from its start, and unpacked if need be: so can any shard.
  for await (const { bytes } of readChunks({ path, sizeBytes: 0, kind: 'pipe' }, CHUNK_BYTES)) {
    throwIfAborted(signal);
    for (const byte of bytes) {
      const isRest = byte === LF && afterReturn;
      afterReturn = byte === CR;
      if (isRest) continue;
      if (byte !== LF && byte !== CR) {
        if (number === documents[wanted]?.end && length < KEPT_BYTES) line[length++] = byte;
        continue;
      }
      if (number === documents[wanted]?.end) {
        yield { number, text: line.toString('latin1', 0, length) };
        if (++wanted === documents.length) return;
        length = 0;
      }
      number++;
    }
  }
}
