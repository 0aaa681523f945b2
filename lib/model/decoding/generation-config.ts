/** How a model's makers mean it to be decoded: `generation_config.json` beside its weights. */

import { join } from 'node:path';
import * as z from 'zod';
import { readOptionalJsonFile } from '../../files.js';
import { MAX_CONFIG_BYTES } from '../limits.js';
import { readPart } from '../tokenizer/files/tokenizer-parts.js';

/** What the file says; undefined (of ids that end a text: empty) where it says nothing. */
export interface GenerationConfig {
  /** Ids that end a text: some models have several. */
  readonly eosIds: readonly number[];
  readonly bosId: number | undefined;
  readonly padId: number | undefined;
  /** Sample rather than take the likeliest token. transformers takes the likeliest where the file does not say. */
  readonly doSample: boolean | undefined;
  /** >= 0. */
  readonly temperature: number | undefined;
  /** Keep this many of the likeliest tokens; 0 keeps all. */
  readonly topK: number | undefined;
  /** Keep the likeliest tokens up to this probability, 0 to 1. */
  readonly topP: number | undefined;
  /** Keep tokens at least this likely relative to the likeliest, 0 to 1. */
  readonly minP: number | undefined;
  /** > 0; 1 does nothing. */
  readonly repetitionPenalty: number | undefined;
}

const id = z.int().min(0);
const share = z.number().min(0).max(1);

const schema = z.looseObject({
  eos_token_id: z.union([id, z.array(id)], 'an integer >= 0 or a list of them').nullish(),
  bos_token_id: id.nullish(),
  // Published files have -1 for none.
  pad_token_id: z.int().min(-1).nullish(),
  do_sample: z.boolean().nullish(),
  temperature: z.number().min(0).nullish(),
  top_k: z.int().min(0).nullish(),
  top_p: share.nullish(),
  min_p: share.nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
});

/**
 * @param directory of a model; the file may be missing
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`
 */
export async function readGenerationConfig(directory: string): Promise<GenerationConfig> {
  const path = join(directory, 'generation_config.json');
  const found = readPart(
    schema,
    (await readOptionalJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES)) ?? {},
    path,
  );
  const eos = found.eos_token_id ?? [];
  const pad = found.pad_token_id ?? -1;
  return {
    eosIds: typeof eos === 'number' ? [eos] : [...new Set(eos)],
    bosId: found.bos_token_id ?? undefined,
    padId: pad < 0 ? undefined : pad,
    doSample: found.do_sample ?? undefined,
    temperature: found.temperature ?? undefined,
    topK: found.top_k ?? undefined,
    topP: found.top_p ?? undefined,
    minP: found.min_p ?? undefined,
    repetitionPenalty: found.repetition_penalty ?? undefined,
  };
}
