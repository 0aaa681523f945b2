/**
 * Files of a checkpoint that a model saved again keeps: its tokenizer, chat template, licence, code of its own (copied,
 * never run), folders of such. Not weights in any format, for they would be the old ones; not what a run of training or of
 * Lethe leaves beside a model.
 */
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../../errors.js';
import { replaceFile } from '../../files.js';

export interface CarriedFile {
  /** Relative to the checkpoint, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** A file that a save could not or would not carry over. */
export interface LeftOutFile {
  readonly name: string;
  /** As in `it is larger than 128 MiB`. */
  readonly reason: string;
}

export interface CarriedFiles {
  readonly directory: string;
  readonly files: readonly CarriedFile[];
  readonly leftOut: readonly LeftOutFile[];
}

/** The largest tokenizers have 40 MB; what is larger is data that someone keeps beside the model. */
const MAX_FILE_BYTES = 128 * 2 ** 20;
const MAX_TOTAL_BYTES = 512 * 2 ** 20;
const MAX_FILES = 1000;
const MAX_DEPTH = 8;

/** Of PyTorch, TensorFlow, JAX, ONNX, GGUF and others, with the files that say where their parts lie. */
const WEIGHTS =
  /\.(safetensors|bin|pt|pth|ckpt|h5|hdf5|keras|msgpack|npz|npy|onnx|onnx_data|gguf|ggml|ot|tflite|mlmodel|pdparams|nemo|engine|pickle|pkl|index|meta|data-\d+-of-\d+)$|\.index\.json$/i;

/** Of transformers' Trainer, DeepSpeed, TensorBoard, PEFT (its adapter is in the weights now), and Lethe's own runs. */
const LEFT_BY_RUNS =
  /^(adapter_config\.json|trainer_state\.json|training_args\.json|latest|zero_to_fp32\.py|events\.out\.tfevents\..*|(.*\.)?run\.json|report\.html|run-state\.json|history\.jsonl|.*\.(lock|part|part\.key|incomplete))$/;
const FOLDERS_LEFT_BY_RUNS = /^(\..*|__pycache__|runs|wandb|checkpoint-\d+|global_step\d+|.*\.state)$/;

/** What {@link copyCarriedFiles} would copy; nothing is read but names and sizes. */
export async function listCarriedFiles(directory: string): Promise<CarriedFiles> {
  const files: CarriedFile[] = [];
  const leftOut: LeftOutFile[] = [];
  let bytes = 0;
  const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
      throw fileError('read', folder, cause);
    });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = prefix + entry.name;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (FOLDERS_LEFT_BY_RUNS.test(entry.name)) continue;
        if (depth === MAX_DEPTH) leftOut.push({ name, reason: `it lies over ${MAX_DEPTH} folders deep` });
        else await visit(path, `${name}/`, depth + 1);
        continue;
      }
      if (name === 'config.json' || WEIGHTS.test(entry.name) || LEFT_BY_RUNS.test(entry.name)) continue;
      // Links to files are followed, as Hugging Face's cache consists of them; those to folders may run in circles.
      const found = await stat(path).catch(() => undefined);
      const reason = found?.isFile()
        ? reasonAgainst(found.size, bytes, files.length)
        : 'it is no regular file, or a link to none';
      if (reason !== undefined) leftOut.push({ name, reason });
      else {
        files.push({ name, path, sizeBytes: found!.size });
        bytes += found!.size;
      }
    }
  };
  await visit(directory, '', 0);
  return { directory, files, leftOut };
}

function reasonAgainst(size: number, bytesBefore: number, filesBefore: number): string | undefined {
  if (size > MAX_FILE_BYTES) return `it is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`;
  if (bytesBefore + size > MAX_TOTAL_BYTES)
    return `the files beside the weights exceed ${MAX_TOTAL_BYTES / 2 ** 20} MiB`;
  if (filesBefore === MAX_FILES) return `there are more than ${MAX_FILES} files beside the weights`;
  return undefined;
}

/**
 * Copies all but `replaced` into the directory, each file whole or not at all, and says what could not be.
 *
 * @param replaced names that the save writes itself
 */
export async function copyCarriedFiles(
  { directory: source, files, leftOut }: CarriedFiles,
  directory: string,
  replaced: ReadonlySet<string>,
): Promise<LeftOutFile[]> {
  const missed = [...leftOut];
  const target = await real(directory);
  if (target === (await real(source))) return [];
  for (const { name, path, sizeBytes } of files) {
    // The output may lie within the checkpoint.
    if (replaced.has(name) || `${await real(dirname(path))}/`.startsWith(`${target}/`)) continue;
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== sizeBytes) {
      missed.push({ name, reason: 'it has changed or gone since the model was loaded' });
      continue;
    }
    await replaceFile(join(directory, name), async (handle) => {
      const stream = createReadStream(path);
      stream.on('error', () => {});
      for await (const chunk of stream) await handle.writeFile(chunk as Buffer);
    });
  }
  return missed;
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
