/** Rotary frequencies (Su et al. 2021) and their published scalings, from a config's rope fields. */
import * as z from 'zod';
import { InputError } from '../../errors.js';
import { parseConfig } from './family.js';

const positive = z.number().positive();

/** transformers 4 writes rope_theta and rope_scaling (with `type` or `rope_type`), transformers 5 rope_parameters. */
export const ropeFields = {
  rope_theta: positive.nullish(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
};

const linear = z.object({ factor: positive });
const llama3 = z.object({
  factor: positive,
  low_freq_factor: positive,
  high_freq_factor: positive,
  original_max_position_embeddings: positive,
});

interface RopeConfig {
  readonly rope_theta?: number | null | undefined;
  readonly rope_scaling?: Readonly<Record<string, unknown>> | null | undefined;
  readonly rope_parameters?: Readonly<Record<string, unknown>> | null | undefined;
}

/** `dimensions / 2` frequencies in radians per position, rounded to float32 where transformers rounds. */
export function rotaryFrequencies(base: number, dimensions: number): Float64Array {
  return Float64Array.from({ length: dimensions / 2 }, (_, i) =>
    Math.fround(1 / Math.fround(base ** Math.fround((2 * i) / dimensions))),
  );
}

/** @throws InputError `ERR_MODEL_UNSUPPORTED` for a scaling that is neither linear nor llama3 */
export function scaledFrequencies(config: RopeConfig, dimensions: number, source: string): Float64Array {
  const parameters = config.rope_parameters ?? config.rope_scaling ?? {};
  const theta = config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10_000;
  const frequencies = rotaryFrequencies(parseConfig(positive, theta, `rope_theta in ${source}`), dimensions);
  const kind = parameters.rope_type ?? parameters.type ?? 'default';
  const where = `rope parameters in ${source}`;
  switch (kind) {
    case 'default':
      return frequencies;
    case 'linear': {
      const { factor } = parseConfig(linear, parameters, where);
      return frequencies.map((frequency) => Math.fround(frequency / factor));
    }
    case 'llama3':
      return llama3Frequencies(frequencies, parseConfig(llama3, parameters, where));
    default:
      throw new InputError(
        'ERR_MODEL_UNSUPPORTED',
        `Expected default, linear or llama3 for the rope type in ${source} but found ${JSON.stringify(kind)}.`,
      );
  }
}

/** Long wavelengths are stretched by the factor, short ones kept, those between mixed (Llama 3.1). */
function llama3Frequencies(frequencies: Float64Array, scaling: z.infer<typeof llama3>): Float64Array {
  const {
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: context,
  } = scaling;
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength > context / low) return Math.fround(frequency / factor);
    if (wavelength < context / high) return frequency;
    const smooth = (context / wavelength - low) / (high - low);
    return Math.fround((1 - smooth) * (frequency / factor) + smooth * frequency);
  });
}
