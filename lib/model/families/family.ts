/** What every family says of itself, and the vocabulary in which it says it. */
import * as z from 'zod';
import { describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import type { TransformerSpec } from '../../native/contract.js';
import type { ParameterLayout } from '../weights/layout.js';

export interface Architecture {
  readonly spec: TransformerSpec;
  /** Where each parameter lies in the family's files. */
  readonly layout: readonly ParameterLayout[];
  /** Standard deviation of freshly drawn weights. */
  readonly initializerRange: number;
}

export interface Family {
  /** `architectures` of a saved config.json. */
  readonly architecture: string;
  /** A prefix that files may have or leave out, e.g. `transformer.`: some checkpoints hold the bare model. */
  readonly optionalPrefix: string;
  /** @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED` */
  readonly interpret: (config: Readonly<Record<string, unknown>>, source: string) => Architecture;
}

// Far above every model of the field: a hostile config cannot make us allocate by its numbers alone.
export const size = z
  .number()
  .int()
  .positive()
  .max(2 ** 24);
/** Tables of positions are computed to the last: twice the longest published context, of Qwen2.5-1M. */
export const positions = z
  .number()
  .int()
  .positive()
  .max(2 ** 21);
export const layerCount = z.number().int().positive().max(4096);
export const range = z.number().nonnegative().default(0.02);

/** transformers' names of activations -> ours. */
export const activation = z
  .enum(['gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'relu', 'silu', 'swish'])
  .transform((name) => ACTIVATIONS[name]);

const ACTIVATIONS = {
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
} as const;

export const NO_EMBEDDING_EXTRAS = {
  scale: 1,
  learnedPositions: 0,
  positionOffset: 0,
  types: 0,
  norm: false,
} as const;
export const NO_ROTARY = { frequencies: new Float64Array(0), interleaved: false } as const;

/** Fields that a family looks at; the others stay in config.json untouched. */
export function parseConfig<T>(schema: z.ZodType<T>, config: unknown, source: string): T {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, config, source));
}

/** The size of a head: given, or the hidden size divided among the heads. */
export function headSize(
  hiddenSize: number,
  heads: number,
  given: number | null | undefined,
  source: string,
): number {
  if (given !== null && given !== undefined) return given;
  if (hiddenSize % heads === 0) return hiddenSize / heads;
  throw new InputError(
    'ERR_MODEL_FORMAT',
    `Expected a hidden size that is a multiple of the number of heads in ${source} but found ${hiddenSize} and ${heads}.`,
  );
}
