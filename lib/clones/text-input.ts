/** The files that clone detection reads: checked before any work begins, then streamed. */
import { type FileHandle, open } from 'node:fs/promises';
import { fileError, InputError } from '../errors.js';
import { OUTPUT_SEPARATOR } from '../sampling/published-text.js';

export interface TextInput {
  /** As given. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface TextInputs {
  readonly outputs: readonly TextInput[];
  readonly shards: readonly TextInput[];
  /** Outputs, then shards. */
  readonly files: readonly TextInput[];
  readonly warnings: readonly string[];
}

/** Opens each file once, so that a wrong path costs no hours; looks whether the two sides are swapped. */
export async function openInputs(outputs: readonly string[], shards: readonly string[]): Promise<TextInputs> {
  const paths = [...outputs, ...shards];
  const repeated = paths.find((path, i) => paths.indexOf(path) !== i);
  if (repeated !== undefined) {
    throw new InputError('ERR_INVALID_OPTION', `Expected each file once but received ${repeated} twice.`);
  }
  const files: TextInput[] = [];
  const separated: boolean[] = [];
  for (const path of paths) {
    const head = await readHead(path);
    files.push({ path, sizeBytes: head.sizeBytes });
    separated.push(OUTPUT_SEPARATOR.test(head.text));
  }
  const warnings: string[] = [];
  const odd = paths.findIndex((_, i) => i >= outputs.length && separated[i]);
  if (odd !== -1 && !separated.slice(0, outputs.length).includes(true)) {
    warnings.push(
      `${paths[odd]} holds the separator lines of merged outputs and ${outputs[0]} does not: are outputs and corpus swapped? The outputs come first.`,
    );
  }
  return {
    outputs: files.slice(0, outputs.length),
    shards: files.slice(outputs.length),
    files,
    warnings,
  };
}

/** Enough to meet the end of the first output. */
const HEAD_BYTES = 2 ** 16;

async function readHead(path: string): Promise<{ text: string; sizeBytes: number }> {
  return reading(path, async (handle) => {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { text: buffer.toString('utf8', 0, bytesRead), sizeBytes: (await handle.stat()).size };
  });
}

async function reading<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return await use(handle);
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    await handle?.close();
  }
}

/** The bytes of a file in order. A chunk is valid until the next one is asked for: two buffers take turns. */
export async function* readChunks(path: string, chunkBytes: number): AsyncGenerator<Uint8Array, void, void> {
  let handle: FileHandle | undefined;
  let pending: ReturnType<FileHandle['read']> | undefined;
  try {
    handle = await open(path, 'r');
    const file = handle;
    const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)] as const;
    const readInto = (turn: number) => file.read(buffers[turn % 2]!, 0, chunkBytes, null);
    // The next chunk is read while the caller works on this one.
    pending = readInto(0);
    for (let turn = 0; ; turn++) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      pending = readInto(turn + 1);
      yield buffers[turn % 2]!.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    // A caller that stops early leaves a read behind, whose failure is nobody's concern.
    await pending?.catch(() => undefined);
    await handle?.close();
  }
}
