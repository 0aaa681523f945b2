/** How a large checkpoint is cut into files and what its index says, as transformers writes both. */
import { InputError } from '../../errors.js';

/** transformers' own default of many years; hosts and file systems take files of this size. */
export const DEFAULT_MAX_SHARD_BYTES = 5_000_000_000;

export interface TensorSize {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface Shard {
  /** `model.safetensors` if there is one shard only, else `model-00001-of-00002.safetensors` and so on. */
  readonly file: string;
  readonly names: readonly string[];
}

/**
 * Fills shards in the order of the tensors, each up to `maxShardBytes`. A tensor larger than that gets a shard of its
 * own. At least one shard comes back, even for no tensors.
 *
 * Source: `split_state_dict_into_shards_factory` of huggingface_hub.
 */
export function planShards(
  tensors: readonly TensorSize[],
  maxShardBytes = DEFAULT_MAX_SHARD_BYTES,
): readonly Shard[] {
  if (!(maxShardBytes > 0)) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a number > 0 for maxShardBytes but received ${maxShardBytes}.`,
    );
  }
  const groups: string[][] = [];
  let open: string[] = [];
  let openBytes = 0;
  for (const { name, sizeBytes } of tensors) {
    if (sizeBytes > maxShardBytes) {
      groups.push([name]);
      continue;
    }
    if (openBytes + sizeBytes > maxShardBytes) {
      groups.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(name);
    openBytes += sizeBytes;
  }
  if (open.length > 0 || groups.length === 0) groups.push(open);
  return groups.map((names, i) => ({ file: fileName(i + 1, groups.length), names }));
}

function fileName(number: number, count: number): string {
  if (count === 1) return 'model.safetensors';
  const [i, n] = [number, count].map((value) => String(value).padStart(5, '0'));
  return `model-${i}-of-${n}.safetensors`;
}

/** The text of `model.safetensors.index.json` for these shards. */
export function shardIndex(shards: readonly Shard[], tensors: readonly TensorSize[]): string {
  const total_size = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const entries = shards.flatMap(({ file, names }) => names.map((name) => [name, file] as const));
  // As json.dumps(sort_keys=True) does, so that two writers of the same model make the same file.
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ metadata: { total_size }, weight_map: Object.fromEntries(entries) }, null, 2)}\n`;
}
