/** xz, streams that follow one another included, by xz-decompress: xz-embedded in WebAssembly. */
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/** What xz-embedded says by numbers, where it is not that the data is damaged. */
const REASONS: Readonly<Record<string, string>> = {
  2: 'its checksums are of a kind that is not supported',
  3: 'it needs more memory than it may take',
  4: 'it needs more memory than it may take',
  6: 'it uses a filter that is not supported',
  8: 'it ends early, or other bytes follow it',
};

/** What the stream holds. @throws Error what is wrong with it */
export async function* decompressXz(source: Readable): AsyncGenerator<Uint8Array, void> {
  const plain = new (loadDecoder())(ReadableStream.from(source) as ReadableStream<Uint8Array>);
  try {
    for await (const bytes of plain) if (bytes.length > 0) yield bytes;
  } catch (error) {
    const code = /error code (\d+)/.exec((error as Error).message)?.[1];
    if (code === undefined) throw error;
    throw new Error(REASONS[code] ?? 'its data is damaged', { cause: error });
  }
}

type Decoder = new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/**
 * A copy of the library for each stream. One copy decodes one stream at a time and lets others wait, so that a caller
 * that reads two files in turns would wait for ever; and memory that its WebAssembly took for one file is never given back.
 */
function loadDecoder(): Decoder {
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve('xz-decompress')];
  return (require('xz-decompress') as { XzReadableStream: Decoder }).XzReadableStream;
}
