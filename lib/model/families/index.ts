/** Architectures are a table: `model_type` -> how its config.json and its files are read. */
import { InputError } from '../../errors.js';
import { bert, roberta } from './bert.js';
import { codegen } from './codegen.js';
import type { Family } from './family.js';
import { gpt2 } from './gpt2.js';
import { gemma, llama, qwen2 } from './llama.js';

const FAMILIES: Readonly<Record<string, Family>> = { gpt2, codegen, llama, qwen2, gemma, bert, roberta };

/**
 * The family of a config.json.
 *
 * @throws InputError `ERR_MODEL_UNSUPPORTED` for a model_type that is not in the table
 */
export function familyOf(config: Readonly<Record<string, unknown>>, source: string): Family {
  const type = config.model_type;
  const family = typeof type === 'string' && Object.hasOwn(FAMILIES, type) ? FAMILIES[type] : undefined;
  if (family !== undefined) return family;
  throw new InputError(
    'ERR_MODEL_UNSUPPORTED',
    `Expected one of ${Object.keys(FAMILIES).join(', ')} for model_type in ${source} but found ${JSON.stringify(type) ?? 'none'}.`,
  );
}
