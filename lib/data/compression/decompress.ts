/** Bytes as they were before they were compressed, by gzip, zstd, bzip2 or xz, or by nothing: told by how they begin. */
import { Readable } from 'node:stream';
import { InputError } from '../../errors.js';
import { ByteQueue } from './byte-queue.js';
import { decompressGzip } from './gzip.js';

interface Compression {
  readonly name: string;
  /** Of the beginning of a file, in hexadecimal digits. */
  readonly magic: RegExp;
  readonly decompress: (source: Readable) => Promise<AsyncIterable<Uint8Array>>;
}

/** bzip2's `BZh9` alone could be a word: what follows are digits of pi or, in an empty file, of its root. */
const COMPRESSIONS: readonly Compression[] = [
  {
    name: 'gzip',
    magic: /^1f8b/,
    decompress: async (source) => decompressGzip(source),
  },
  {
    name: 'zstd',
    magic: /^(?:28b52ffd|5[0-9a-f]2a4d18)/,
    decompress: async (source) => (await import('./zstd.js')).decompressZstd(new ByteQueue(source)),
  },
  {
    name: 'bzip2',
    magic: /^425a683[1-9](?:314159265359|177245385090)/,
    decompress: async (source) => (await import('./bzip2.js')).decompressBzip2(new ByteQueue(source)),
  },
  {
    name: 'xz',
    magic: /^fd377a585a00/,
    decompress: async (source) => (await import('./xz.js')).decompressXz(source),
  },
];

/** Enough to know any of them. */
export const MAGIC_BYTES = 10;

/** The compression that a file which begins with `start` has; undefined for none. */
export function compressionOf(start: Buffer): string | undefined {
  return find(start)?.name;
}

/** Suffixes that files get when they are compressed. */
export const COMPRESSED_NAME = /\.(?:gz|zst|bz2|xz)$/i;

/**
 * What `source` holds, decompressed as it is read. Destroys `source` when it is done or left.
 *
 * @param path names the source in messages
 * @throws InputError `ERR_FILE_FORMAT` for compressed data that is damaged or cut short; whatever `source` fails with
 */
export async function* decompress(source: Readable, path: string): AsyncGenerator<Buffer, void> {
  try {
    const { start, whole } = await lookAt(source);
    const compression = find(start);
    if (compression === undefined) yield* whole as AsyncIterable<Buffer>;
    else yield* decompressBy(compression, whole, path);
  } finally {
    source.destroy();
  }
}

async function* decompressBy(
  { name, decompress: open }: Compression,
  source: Readable,
  path: string,
): AsyncGenerator<Buffer, void> {
  // What decodes it is loaded first: a failure of that is none of the data's.
  const decoded = await open(source);
  try {
    for await (const bytes of decoded) yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    // The source's own errors name a system call, or the sentence is there already.
    if (cause instanceof InputError || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a whole ${name} file in ${path} but ${reasonOf(cause)}.`,
      {
        remedy: `Make it again, or look with ${name} what is wrong with it.`,
        cause,
      },
    );
  }
}

/** The decoders' own words where they are ours or zlib's; the others fail in many ways on damaged data. */
function reasonOf(cause: unknown): string {
  const { message, code } = cause as NodeJS.ErrnoException;
  return String(code).startsWith('Z_') || /^(?:it|bytes) |^its /.test(message)
    ? message
    : 'its data is damaged';
}

function find(start: Buffer): Compression | undefined {
  const digits = start.toString('hex', 0, MAGIC_BYTES);
  return COMPRESSIONS.find(({ magic }) => magic.test(digits));
}

/** The first bytes of a stream, and a stream that still has them. */
async function lookAt(source: Readable): Promise<{ start: Buffer; whole: Readable }> {
  const parts: Buffer[] = [];
  let size = 0;
  // `destroyOnReturn: false`: the stream goes on after its first chunk has been looked at.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    // A pipe may give a byte at a time.
    if (size >= MAGIC_BYTES) break;
  }
  const start = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  if (size < MAGIC_BYTES) return { start, whole: Readable.from(size === 0 ? [] : [start]) };
  source.unshift(start);
  return { start, whole: source };
}
