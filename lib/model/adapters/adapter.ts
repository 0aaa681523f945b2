/**
 * A LoRA adapter (Hu et al. 2022) in PEFT's layout, as what it changes in a checkpoint: tensors in the place of others,
 * and products of two matrices that are added to others.
 *
 * Source: `get_peft_model_state_dict` and `tuners/lora` of PEFT 0.21.
 */

import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { exists } from '../../files.js';
import { printable } from '../printable.js';
import { readSafetensorsHeader, type StoredTensor } from '../weights/safetensors.js';
import { readTorchStateDict } from '../weights/torch-state-dict.js';
import { ADAPTER_CONFIG, type AdapterConfig, readAdapterConfig } from './adapter-config.js';
import { patternOf, targetsOf } from './module-match.js';

/** A tensor gets `scale * left @ right` more, `transposed` if the files hold the factors so. */
export interface LowRank {
  /** [out, rank], or [rank, tokens] of an embedding. */
  readonly left: StoredTensor;
  /** [rank, in], or [size, rank] of an embedding. */
  readonly right: StoredTensor;
  readonly rank: number;
  readonly scale: number;
  readonly transposed: boolean;
}

export interface Adapter {
  /** By the name of the tensor in the checkpoint. */
  readonly updates: ReadonlyMap<string, LowRank>;
  readonly replaced: ReadonlyMap<string, StoredTensor>;
}

export const NO_ADAPTER: Adapter = { updates: new Map(), replaced: new Map() };

/** Files of an adapter; a model that it was merged into must not carry them, or it would be applied twice. */
export const ADAPTER_FILES: readonly string[] = [
  ADAPTER_CONFIG,
  'adapter_model.safetensors',
  'adapter_model.bin',
];

const PREFIX = 'base_model.model.';
const LINEAR = /^(.+)\.lora_([AB])\.weight$/;
const EMBEDDING = /^(.+)\.lora_embedding_([AB])$/;
/** PEFT saves these by itself where the vocabulary has grown or they are targets. */
const EMBEDDINGS = /(^|\.)(embed_tokens|wte|lm_head|word_embeddings)\.(weight|bias)$/;

interface Factors {
  A?: StoredTensor;
  B?: StoredTensor;
  embedding: boolean;
}

/**
 * Reads the adapter of `directory`.
 *
 * @param nameOf the checkpoint's name of a tensor that the adapter calls otherwise; undefined if it has no such tensor
 * @param modules whose weights LoRA may be put on, as the checkpoint calls them
 * @throws InputError `ERR_FILE_NOT_FOUND` without weights; `ERR_MODEL_FORMAT` for tensors that are missing, too many or
 *   of another shape; `ERR_MODEL_UNSUPPORTED` for what is not plain LoRA
 */
export async function readAdapter(
  directory: string,
  nameOf: (name: string) => string | undefined,
  modules: readonly string[],
): Promise<Adapter> {
  const config = await readAdapterConfig(directory);
  const path = join(directory, ADAPTER_CONFIG);
  const factors = new Map<string, Factors>();
  const replaced = new Map<string, StoredTensor>();
  for (const tensor of await readTensors(directory)) {
    if (!tensor.name.startsWith(PREFIX)) throw unknown(tensor);
    const name = tensor.name.slice(PREFIX.length);
    const found = LINEAR.exec(name) ?? EMBEDDING.exec(name);
    if (found !== null) {
      const [, module = '', side] = found;
      const pair = factors.get(module) ?? { embedding: EMBEDDING.test(name) };
      pair[side as 'A' | 'B'] = tensor;
      factors.set(module, pair);
    } else {
      const plain = name.replace('.base_layer.', '.');
      if (!isSaved(plain, config)) throw unknown(tensor);
      replaced.set(nameOf(plain) ?? plain, tensor);
    }
  }
  const updates = new Map<string, LowRank>();
  const targets = targetsOf(config, [...new Set([...factors.keys(), ...modules])], path);
  for (const [module, pair] of factors) {
    const name = nameOf(`${module}.weight`);
    if (name === undefined)
      throw new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected an adapter of layers that Lethe computes with in ${directory} but found one of ${printable(module)}.`,
        { remedy: 'Merge it with PEFT (merge_and_unload), and save the model that results.' },
      );
    if (!targets.has(module))
      throw contradiction(directory, `modules of ${ADAPTER_CONFIG} only`, printable(module));
    updates.set(name, toLowRank(module, pair, config, path));
  }
  const lacking = modules.find((module) => targets.has(module) && !updates.has(`${module}.weight`));
  if (lacking !== undefined)
    throw contradiction(directory, `lora_A and lora_B of ${lacking}, which ${ADAPTER_CONFIG} names,`, 'none');
  return { updates, replaced };
}

async function readTensors(directory: string): Promise<readonly StoredTensor[]> {
  const [, safetensors, pickle] = ADAPTER_FILES.map((file) => join(directory, file));
  if (await exists(safetensors!)) return (await readSafetensorsHeader(safetensors!)).tensors;
  if (await exists(pickle!)) return readTorchStateDict(pickle!);
  throw new InputError(
    'ERR_FILE_NOT_FOUND',
    `Expected adapter_model.safetensors or adapter_model.bin beside ${ADAPTER_CONFIG} in ${directory} but found neither.`,
    { remedy: `Put the adapter's weights there, or remove ${ADAPTER_CONFIG} to use the model without it.` },
  );
}

/** Whether the adapter may hold a tensor of the model's own. */
function isSaved(name: string, { modules_to_save: saved, bias }: AdapterConfig): boolean {
  if (EMBEDDINGS.test(name) || (bias !== 'none' && name.endsWith('.bias'))) return true;
  const parents = name.split('.').slice(0, -1);
  const paths = parents.map((_, i) => parents.slice(0, i + 1).join('.'));
  // Not only whole parts of the name, as PEFT has it: `norm` is `input_layernorm` as well.
  return paths.some((path) => saved.some((module) => path.endsWith(module)));
}

function toLowRank(
  module: string,
  { A, B, embedding }: Factors,
  config: AdapterConfig,
  path: string,
): LowRank {
  const { rank_pattern: ranks, alpha_pattern: alphas, use_rslora: rootRank } = config;
  if (A === undefined || B === undefined)
    throw contradiction(
      path,
      `both factors of ${printable(module)} for`,
      `only ${printable((A ?? B)!.name)}`,
    );
  const rank = ranks[patternOf(Object.keys(ranks), module, path) ?? ''] ?? config.r;
  const alpha = alphas[patternOf(Object.keys(alphas), module, path) ?? ''] ?? config.lora_alpha;
  if (A.shape[0] !== rank || B.shape[1] !== rank)
    throw contradiction(
      path,
      `the rank ${rank} of ${printable(module)} for`,
      `factors [${A.shape.join(', ')}] and [${B.shape.join(', ')}]`,
    );
  const [left, right] = embedding ? [A, B] : [B, A];
  return { left, right, rank, scale: alpha / (rootRank ? Math.sqrt(rank) : rank), transposed: embedding };
}

function unknown({ name, path }: StoredTensor): InputError {
  return new InputError(
    'ERR_MODEL_UNSUPPORTED',
    `Expected tensors of plain LoRA in ${path} but found ${printable(name)}.`,
    { remedy: 'Merge it with PEFT (merge_and_unload), and save the model that results.' },
  );
}

function contradiction(path: string, expected: string, found: string): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${path} but found ${found}.`, {
    remedy: 'The adapter is incomplete or damaged; download or save it again.',
  });
}
