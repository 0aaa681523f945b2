/** Where a model's files lie: in the directory that it is called by, or, of an adapter alone, in that of its base. */

import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { exists, isDirectory } from '../../files.js';
import { CachedRepository, HUB_NAME } from '../hub/hub-cache.js';
import { defaultCacheDirectory } from '../hub/hub-environment.js';
import { printable } from '../printable.js';
import { ADAPTER_CONFIG, type AdapterConfig, readAdapterConfig } from './adapter-config.js';

export interface ModelPlace {
  /** The directory of config.json and the weights. */
  readonly base: string;
  /** The directory of adapter_config.json, if the model has one. */
  readonly adapter: string | undefined;
}

/**
 * An adapter beside a model is put on that model, as transformers does; one alone on the model that
 * `base_model_name_or_path` names: a directory, as seen from the working directory, or a name of the hub that is in the
 * cache.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND` if there is no such directory, or no base; `ERR_MODEL_UNSUPPORTED` for a base
 *   with an adapter of its own; what `readAdapterConfig` throws
 */
export async function placeOf(directory: string): Promise<ModelPlace> {
  if (!(await isDirectory(directory)))
    throw new InputError('ERR_MODEL_NOT_FOUND', `Expected a model directory at ${directory} but found none.`);
  if (!(await exists(join(directory, ADAPTER_CONFIG)))) return { base: directory, adapter: undefined };
  if (await exists(join(directory, 'config.json'))) return { base: directory, adapter: directory };
  const { name, revision } = baseOf(await readAdapterConfig(directory), directory);
  const base = (await isDirectory(name)) ? name : await cachedBase(name, revision);
  if (base === undefined)
    throw new InputError(
      'ERR_MODEL_NOT_FOUND',
      `Expected the model ${printable(name)} that the adapter in ${directory} is for but found no such directory, and none in the cache of the hub.`,
      {
        remedy: HUB_NAME.test(name)
          ? `Download it (lethe model info ${name}), or name a directory in ${ADAPTER_CONFIG}.`
          : `Run the command where that path leads to the model, or name it in ${ADAPTER_CONFIG} by its full path.`,
      },
    );
  if (await exists(join(base, ADAPTER_CONFIG)))
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected a model without an adapter of its own in ${base}, for the adapter in ${directory}, but found ${ADAPTER_CONFIG}.`,
      { remedy: 'Merge that adapter into its model first: load it and save it.' },
    );
  return { base, adapter: directory };
}

export interface BaseName {
  readonly name: string;
  readonly revision: string;
}

/**
 * What an adapter calls its base.
 *
 * @throws InputError `ERR_MODEL_FORMAT` if it says nothing
 */
export function baseOf(config: AdapterConfig, directory: string): BaseName {
  const name = config.base_model_name_or_path;
  if (name) return { name, revision: config.revision || 'main' };
  throw new InputError(
    'ERR_MODEL_FORMAT',
    `Expected base_model_name_or_path in ${join(directory, ADAPTER_CONFIG)}, or config.json and weights beside it, but found neither.`,
  );
}

async function cachedBase(name: string, revision: string): Promise<string | undefined> {
  if (!HUB_NAME.test(name)) return undefined;
  return new CachedRepository(defaultCacheDirectory(), 'model', name).find(revision);
}
