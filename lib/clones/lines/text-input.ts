/** The files that clone detection reads: looked at before any work begins, then read as bytes, unpacked. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { compressionOf, decompress } from '../../data/compression/decompress.js';
import { fileError, InputError, type LetheError } from '../../errors.js';
import { OUTPUT_SEPARATOR } from '../../sampling/published-text.js';
import { markedEncoding, toUtf8 } from '../../text-encoding.js';

export interface TextInput {
  /** As given. */
  readonly path: string;
  /** As it lies on disk; 0 for a pipe. */
  readonly sizeBytes: number;
  /** UTF-8 in a regular file can be read from anywhere; packed text, text in another encoding, and pipes only from the start. */
  readonly kind: 'text' | 'encoded' | 'packed' | 'pipe';
}

export interface FailedInput {
  readonly file: string;
  readonly error: LetheError;
}

export interface TextInputs {
  readonly outputs: readonly TextInput[];
  /** Those that can be read. */
  readonly shards: readonly TextInput[];
  readonly failed: readonly FailedInput[];
  readonly warnings: readonly string[];
}

/**
 * Opens each file once, so that a wrong path costs no hours; looks whether the two sides are swapped. Shards that
 * cannot be opened are left out.
 *
 * @throws InputError for a file given twice, outputs that cannot be read, and when no shard can be
 */
export async function openInputs(outputs: readonly string[], shards: readonly string[]): Promise<TextInputs> {
  const seen = new Set<string>();
  for (const path of [...outputs, ...shards]) {
    if (seen.has(path)) {
      throw new InputError('ERR_INVALID_OPTION', `Expected each file once but received ${path} twice.`);
    }
    seen.add(path);
  }
  const heads = { outputs: [] as FileHead[], shards: [] as FileHead[] };
  const failed: FailedInput[] = [];
  for (const path of outputs) heads.outputs.push(await readHead(path));
  for (const path of shards) {
    await readHead(path).then(
      (head) => heads.shards.push(head),
      (error: LetheError) => failed.push({ file: path, error }),
    );
  }
  if (heads.shards.length === 0) throw failed[0]!.error;
  const warnings: string[] = [];
  const odd = heads.shards.find(({ separated }) => separated);
  if (odd !== undefined && !heads.outputs.some(({ separated }) => separated)) {
    warnings.push(
      `${odd.input.path} holds the separator lines of merged outputs and ${outputs[0]} does not: are outputs and corpus swapped? The outputs come first.`,
    );
  }
  return {
    outputs: heads.outputs.map(({ input }) => input),
    shards: heads.shards.map(({ input }) => input),
    failed,
    warnings,
  };
}

/** One file by itself. @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` */
export async function openTextInput(path: string): Promise<TextInput> {
  return (await readHead(path)).input;
}

interface FileHead {
  readonly input: TextInput;
  /** Whether it has the separator lines of merged outputs. */
  readonly separated: boolean;
}

/** Enough to meet the end of the first output. */
const HEAD_BYTES = 2 ** 16;

async function readHead(path: string): Promise<FileHead> {
  let handle: FileHandle | undefined;
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new InputError(
        'ERR_FILE_READ',
        `Could not read ${path}: it is a directory, and not one of a corpus, with its corpus.json.`,
        { remedy: 'Name the files in it one by one.' },
      );
    // What is read of a pipe is gone.
    if (!found.isFile()) {
      return { input: { path, sizeBytes: 0, kind: 'pipe' }, separated: false };
    }
    handle = await open(path, 'r');
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const kind = kindOf(buffer.subarray(0, bytesRead));
    const input: TextInput = { path, sizeBytes: found.size, kind };
    if (kind === 'text') {
      return { input, separated: OUTPUT_SEPARATOR.test(buffer.toString('latin1', 0, bytesRead)) };
    }
    let text = '';
    for await (const { bytes } of readChunks(input, HEAD_BYTES)) {
      text += Buffer.from(bytes).toString('latin1');
      if (text.length >= HEAD_BYTES) break;
    }
    return { input, separated: OUTPUT_SEPARATOR.test(text) };
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  } finally {
    await handle?.close();
  }
}

function kindOf(start: Buffer): 'text' | 'encoded' | 'packed' {
  if (compressionOf(start) !== undefined) return 'packed';
  return markedEncoding(start) === undefined ? 'text' : 'encoded';
}

export interface Chunk {
  /** Unpacked text; valid until the next chunk is asked for. */
  readonly bytes: Uint8Array;
  /** Bytes of the file on disk that were read for this chunk. */
  readonly diskBytes: number;
}

/**
 * The text of a file as UTF-8, in order, from byte `first` of it on if that is how it is stored. By a byte-order mark, as in
 * Simian, it may be UTF-16 or UTF-32.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for a broken compressed file, and for bytes that are not what their
 *   mark says
 */
export async function* readChunks(
  { path, kind }: TextInput,
  chunkBytes: number,
  first = 0,
): AsyncGenerator<Chunk, void, void> {
  try {
    if (kind === 'text') yield* readPlain(path, chunkBytes, first);
    else yield* readStream(path, chunkBytes);
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  }
}

async function* readPlain(path: string, chunkBytes: number, first: number): AsyncGenerator<Chunk> {
  let handle: FileHandle | undefined;
  let pending: ReturnType<FileHandle['read']> | undefined;
  try {
    handle = await open(path, 'r');
    const file = handle;
    // Two buffers take turns: the next chunk is read while the caller works on this one.
    const buffers = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)] as const;
    let position = first;
    const readInto = (turn: number) => {
      const read = file.read(buffers[turn % 2]!, 0, chunkBytes, position);
      // Its failure is told when its turn comes; until then it must not count as one that nobody handles.
      read.catch(() => undefined);
      return read;
    };
    pending = readInto(0);
    for (let turn = 0; ; turn++) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      position += bytesRead;
      pending = readInto(turn + 1);
      yield { bytes: buffers[turn % 2]!.subarray(0, bytesRead), diskBytes: bytesRead };
    }
  } finally {
    // A caller that stops early leaves a read behind, whose failure is nobody's concern.
    await pending?.catch(() => undefined);
    await handle?.close();
  }
}

async function* readStream(path: string, chunkBytes: number): AsyncGenerator<Chunk> {
  const file = createReadStream(path, { highWaterMark: 2 ** 16 });
  try {
    let read = 0;
    for await (const bytes of toUtf8(decompress(file, path), path)) {
      const diskBytes = file.bytesRead - read;
      read = file.bytesRead;
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        yield { bytes: bytes.subarray(at, at + chunkBytes), diskBytes: at === 0 ? diskBytes : 0 };
      }
    }
  } finally {
    file.destroy();
  }
}
