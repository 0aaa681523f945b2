/** adapter_config.json of a LoRA adapter as PEFT writes it: what is read, and what is refused because it says more. */
import { join } from 'node:path';
import * as z from 'zod';
import { describe, describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import { readJsonFile } from '../../files.js';
import { MAX_CONFIG_BYTES } from '../limits.js';

export const ADAPTER_CONFIG = 'adapter_config.json';

const names = z.union([z.string(), z.array(z.string())], 'a string or a list of strings');
const rank = z.int().positive();
const alpha = z.number();

const schema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  r: rank,
  lora_alpha: alpha,
  use_rslora: z.boolean().default(false),
  rank_pattern: z
    .record(z.string(), rank)
    .nullish()
    .transform((value) => value ?? {}),
  alpha_pattern: z
    .record(z.string(), alpha)
    .nullish()
    .transform((value) => value ?? {}),
  target_modules: names.nullish(),
  exclude_modules: names.nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())], 'an integer or a list of integers').nullish(),
  layers_pattern: names.nullish(),
  modules_to_save: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  bias: z.enum(['none', 'all', 'lora_only']).default('none'),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

export type AdapterConfig = z.infer<typeof schema>;

/** What says nothing about the result: of training, of the library, and of weights before they are read. */
const NEUTRAL = new Set([
  'auto_mapping',
  'corda_config',
  'eva_config',
  'fan_in_fan_out', // PEFT itself sets it by the kind of the layer
  'inference_mode',
  'loftq_config',
  'lora_dropout',
  'lora_ga_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size', // of use_qalora
  'task_type',
]);

/** Values of init_lora_weights that leave the weights of the base as they are; PiSSA, OLoRA and others change them. */
const PLAIN_INITS = new Set(['gaussian', 'orthogonal', 'eva']);

/**
 * Reads `directory/adapter_config.json`.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_MODEL_FORMAT`; `ERR_MODEL_UNSUPPORTED` for what is not plain LoRA
 */
export async function readAdapterConfig(directory: string): Promise<AdapterConfig> {
  const path = join(directory, ADAPTER_CONFIG);
  const value = await readJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  const kind = (value as { peft_type?: unknown } | null)?.peft_type;
  if (typeof kind === 'string' && kind.toUpperCase() !== 'LORA')
    throw unsupported(`a LoRA adapter in ${path}`, `one of the type ${kind}`);
  const result = schema.safeParse(value);
  if (!result.success)
    throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, value, path));
  for (const [name, said] of Object.entries(result.data))
    if (!(name in schema.shape) && !NEUTRAL.has(name) && !isOff(said))
      throw unsupported(`plain LoRA in ${path}`, `${name}: ${describe(said)}`);
  const { init_lora_weights: init } = result.data;
  if (typeof init === 'string' && !PLAIN_INITS.has(init))
    throw unsupported(`plain LoRA in ${path}`, `init_lora_weights ${init}, which changes the base model too`);
  return result.data;
}

/** As PEFT writes options that are not used. */
function isOff(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function unsupported(expected: string, found: string): InputError {
  return new InputError('ERR_MODEL_UNSUPPORTED', `Expected ${expected} but found ${found}.`, {
    remedy: 'Merge it with PEFT (merge_and_unload), and save the model that results.',
  });
}
