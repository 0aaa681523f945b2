/** Bounds on what strangers' files may make us read. */

/** config.json, generation_config.json, tokenizer_config.json: the largest published has less than a tenth of this. */
export const MAX_CONFIG_BYTES = 10_000_000;
