/** config.json of a model directory in Hugging Face's layout, and what it says of the architecture. */
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { readJsonFile } from '../../files.js';
import { placeOf } from '../adapters/model-place.js';
import type { Architecture, Family } from '../families/family.js';
import { familyOf } from '../families/index.js';
import { MAX_CONFIG_BYTES } from '../limits.js';

/** config.json as it is on disk, all fields kept. */
export type ModelConfig = Readonly<Record<string, unknown>>;

export interface InterpretedConfig extends Architecture {
  readonly config: ModelConfig;
  readonly family: Family;
}

/** Interprets the fields of a config.json; `source` names it in messages. */
export function interpretConfig(config: ModelConfig, source: string): InterpretedConfig {
  const family = familyOf(config, source);
  return { config, family, ...family.interpret(config, source) };
}

/**
 * Reads config.json of a model directory, or of the base of a directory that is an adapter.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export async function readArchitecture(directory: string): Promise<InterpretedConfig> {
  const { base } = await placeOf(directory);
  return interpretConfig(await readConfig(base), join(base, 'config.json'));
}

/** config.json of a model directory as it is. */
export async function readConfig(directory: string): Promise<ModelConfig> {
  const path = join(directory, 'config.json');
  const config = await readJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected a JSON object in ${path} but found something else.`);
  }
  return config as ModelConfig;
}
