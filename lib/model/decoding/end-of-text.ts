/** What ends a text for a model. */
import { readGenerationConfig } from './generation-config.js';

/**
 * By generation_config.json of its directory, else by config.json, as far as the model knows the tokens (GPT-2's default is
 * 50256).
 *
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`
 */
export async function endOfTextIds(
  directory: string,
  config: Readonly<Record<string, unknown>>,
  vocabularySize: number,
): Promise<number[]> {
  const { eosIds } = await readGenerationConfig(directory);
  const ids: unknown[] = eosIds.length > 0 ? [...eosIds] : [config.eos_token_id].flat();
  return ids.filter((id): id is number => Number.isInteger(id) && (id as number) < vocabularySize);
}
