/** A model directory in Hugging Face's layout: what is in it, where each parameter lies, and how it is written. */
import { access, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError, InputError } from '../errors.js';
import { replaceFile, writeFileAtomic } from '../files.js';
import type { DecoderSpec, NativeModel, TensorSource } from '../native/contract.js';
import { translateNativeErrors } from '../native/errors.js';
import { type Family, familyOf } from './families.js';
import { composeSafetensorsHeader, readSafetensorsHeader, STORED_DTYPES } from './safetensors.js';

/** config.json as it is on disk, all fields kept. */
export type ModelConfig = Readonly<Record<string, unknown>>;

const MAX_CONFIG_BYTES = 10_000_000;

export interface Architecture {
  readonly config: ModelConfig;
  readonly family: Family;
  readonly spec: DecoderSpec;
}

/** Interprets the fields of a config.json; `source` names it in messages. */
export function interpretConfig(config: ModelConfig, source: string): Architecture {
  const family = familyOf(config, source);
  return { config, family, spec: family.spec(config, source) };
}

/**
 * Reads `directory/config.json`.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export async function readArchitecture(directory: string): Promise<Architecture> {
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new InputError('ERR_MODEL_NOT_FOUND', `Expected a model directory at ${directory} but found none.`);
  }
  const path = join(directory, 'config.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  if (text.length > MAX_CONFIG_BYTES) {
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected at most ${MAX_CONFIG_BYTES} bytes in ${path} but found more.`,
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected JSON in ${path} but found something else.`, { cause });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected a JSON object in ${path} but found something else.`);
  }
  return interpretConfig(config as ModelConfig, path);
}

/**
 * Where each parameter of the checkpoint lies, under its canonical name. Tensors that the architecture does not have
 * (GPT-2's causal-mask buffers, a tied head stored twice) are left out.
 */
export async function locateParameters(
  directory: string,
  family: Family,
  parameters: readonly string[],
): Promise<TensorSource[]> {
  const path = join(directory, 'model.safetensors');
  if (!(await exists(path))) throw await missingWeights(directory);
  const { tensors } = await readSafetensorsHeader(path);
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return parameters.map((name): TensorSource => {
    const full = family.fileName(name);
    const bare = full.startsWith(family.optionalPrefix) ? full.slice(family.optionalPrefix.length) : full;
    const tensor = stored.get(full) ?? stored.get(bare);
    if (tensor === undefined) {
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected tensor ${full} in ${path} but it has none of that name.`,
      );
    }
    if (!Object.hasOwn(STORED_DTYPES, tensor.dtype)) {
      const known = Object.keys(STORED_DTYPES).join(', ');
      throw new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected one of ${known} for tensor ${tensor.name} in ${path} but found ${tensor.dtype}.`,
      );
    }
    const { dtype } = STORED_DTYPES[tensor.dtype as keyof typeof STORED_DTYPES];
    return { name, dtype, shape: tensor.shape, path, offset: tensor.offset, sizeBytes: tensor.sizeBytes };
  });
}

async function missingWeights(directory: string): Promise<InputError> {
  for (const other of ['model.safetensors.index.json', 'pytorch_model.bin']) {
    if (await exists(join(directory, other))) {
      return new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected the weights in one model.safetensors in ${directory} but found ${other}.`,
        { remedy: 'Save the model again with transformers: save_pretrained(dir, max_shard_size="1TB").' },
      );
    }
  }
  return new InputError('ERR_MODEL_NOT_FOUND', `Expected model.safetensors in ${directory} but found none.`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Writes config.json, model.safetensors and copies of the tokenizer's files, as transformers loads them. Each file
 * appears by rename, the weights last: a directory that holds model.safetensors is whole.
 */
export async function writeCheckpoint(
  directory: string,
  architecture: Architecture,
  native: NativeModel,
  tokenizerFiles: readonly string[],
): Promise<void> {
  const { config, family } = architecture;
  const parameters = native.parameters();
  const saved = { ...config, architectures: [family.architecture], torch_dtype: parameters[0]!.dtype };
  await writeFileAtomic(join(directory, 'config.json'), `${JSON.stringify(saved, null, 2)}\n`);
  for (const file of tokenizerFiles) {
    const content = await readFile(file).catch((cause: unknown) => {
      throw fileError('read', file, cause);
    });
    await writeFileAtomic(join(directory, basename(file)), content);
  }
  const header = composeSafetensorsHeader(
    parameters.map(({ name, dtype, shape }) => ({ name: family.fileName(name), dtype, shape })),
  );
  await replaceFile(join(directory, 'model.safetensors'), async (handle) => {
    await handle.writeFile(header);
    const names = parameters.map(({ name }) => name);
    await translateNativeErrors(native.write(handle.fd, names, 'value'));
  });
}
