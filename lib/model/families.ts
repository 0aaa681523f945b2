/**
 * Architectures are a table: how a family's config.json becomes a {@link DecoderSpec}, and what its files call each
 * parameter. A family that needs no new building block needs no other code.
 */
import { z } from 'zod';
import { describeIssue } from '../check.js';
import { InputError } from '../errors.js';
import type { DecoderSpec } from '../native/contract.js';

export interface Family {
  /** `architectures` of a saved config.json. */
  readonly architecture: string;
  readonly spec: (config: unknown, source: string) => DecoderSpec;
  /** Standard deviation of freshly drawn weights. */
  readonly initializerRange: (config: unknown, source: string) => number;
  /** Canonical parameter name -> the name in the family's files, for saving. */
  readonly fileName: (parameter: string) => string;
  /** Prefixes that a file may leave out, e.g. `transformer.`: some checkpoints hold the bare decoder. */
  readonly optionalPrefix: string;
}

// Far above every model of the field: a hostile config cannot make us allocate by its numbers alone.
const size = z
  .number()
  .int()
  .positive()
  .max(2 ** 24);
const layers = z.number().int().positive().max(4096);

// Fields and defaults of transformers' GPT2Config; unknown fields are kept in config.json and not looked at.
const gpt2Config = z.object({
  vocab_size: size,
  n_positions: size.default(1024),
  n_embd: size.default(768),
  n_layer: layers.default(12),
  n_head: size.default(12),
  n_inner: size.nullish(),
  activation_function: z
    .enum(['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu', 'silu', 'swish'])
    .default('gelu_new'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: z.number().nonnegative().default(0.02),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

const ACTIVATIONS = {
  gelu: 'gelu',
  gelu_new: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
} as const;

// Canonical part -> GPT-2's part.
const GPT2_PARTS: Readonly<Record<string, string>> = {
  tokens: 'transformer.wte',
  positions: 'transformer.wpe',
  final_norm: 'transformer.ln_f',
  head: 'lm_head',
  attention_norm: 'ln_1',
  'attention.qkv': 'attn.c_attn',
  'attention.out': 'attn.c_proj',
  mlp_norm: 'ln_2',
  'mlp.up': 'mlp.c_fc',
  'mlp.down': 'mlp.c_proj',
};

function gpt2FileName(parameter: string): string {
  const [, layer, part, kind] = /^(?:layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(parameter)!;
  const name = GPT2_PARTS[part!]!;
  return layer === undefined ? `${name}.${kind}` : `transformer.h.${layer}.${name}.${kind}`;
}

const gpt2: Family = {
  architecture: 'GPT2LMHeadModel',
  fileName: gpt2FileName,
  optionalPrefix: 'transformer.',
  initializerRange: (config, source) => parseConfig(gpt2Config, config, source).initializer_range,
  spec: (raw, source) => {
    const config = parseConfig(gpt2Config, raw, source);
    return {
      vocabularySize: config.vocab_size,
      hiddenSize: config.n_embd,
      layers: config.n_layer,
      heads: config.n_head,
      intermediateSize: config.n_inner ?? 4 * config.n_embd,
      contextLength: config.n_positions,
      normEpsilon: config.layer_norm_epsilon,
      activation: ACTIVATIONS[config.activation_function],
      tiedHead: config.tie_word_embeddings,
      scaleAttention: config.scale_attn_weights,
      scaleAttentionByLayer: config.scale_attn_by_inverse_layer_idx,
    };
  },
};

const FAMILIES: Readonly<Record<string, Family>> = { gpt2 };

function parseConfig<T>(schema: z.ZodType<T>, config: unknown, source: string): T {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  throw new InputError('ERR_MODEL_FORMAT', describeIssue(result.error.issues[0]!, config, source));
}

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
