/** GPT-2 (Radford et al. 2019), the architecture of CodeParrot. Fields and defaults of transformers' GPT2Config. */
import * as z from 'zod';
import { type ParameterLayout, whole } from '../weights/layout.js';
import {
  activation,
  type Family,
  headSize,
  layerCount,
  NO_EMBEDDING_EXTRAS,
  NO_ROTARY,
  parseConfig,
  positions,
  range,
  size,
} from './family.js';

const schema = z.object({
  vocab_size: size,
  n_positions: positions.default(1024),
  n_embd: size.default(768),
  n_layer: layerCount.default(12),
  n_head: size.default(12),
  n_inner: size.nullish(),
  activation_function: activation.default('gelu_tanh'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: range,
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

export const gpt2: Family = {
  architecture: 'GPT2LMHeadModel',
  optionalPrefix: 'transformer.',
  interpret: (raw, source) => {
    const config = parseConfig(schema, raw, source);
    const D = headSize(config.n_embd, config.n_head, undefined, source);
    const inner = config.n_inner ?? 4 * config.n_embd;
    return {
      initializerRange: config.initializer_range,
      layout: layoutOf(config.n_layer, config.n_embd, inner, config),
      spec: {
        vocabularySize: config.vocab_size,
        hiddenSize: config.n_embd,
        layers: config.n_layer,
        contextLength: config.n_positions,
        norm: { rms: false, unitOffset: false, epsilon: config.layer_norm_epsilon },
        embedding: { ...NO_EMBEDDING_EXTRAS, learnedPositions: config.n_positions },
        rotary: NO_ROTARY,
        attention: {
          heads: config.n_head,
          keyValueHeads: config.n_head,
          headSize: D,
          scale: config.scale_attn_weights ? 1 / Math.sqrt(D) : 1,
          scaleByLayer: config.scale_attn_by_inverse_layer_idx,
          causal: true,
          qkvBias: true,
          outBias: true,
          windows: new Int32Array(config.n_layer),
        },
        mlp: { size: inner, gated: false, bias: true, activation: config.activation_function },
        residual: 'pre',
        head: config.tie_word_embeddings ? 'tied' : 'own',
        headBias: false,
      },
    };
  },
};

/** GPT-2's projections are Conv1D: stored [in, out]. */
function layoutOf(
  layers: number,
  C: number,
  inner: number,
  config: { vocab_size: number; n_positions: number; tie_word_embeddings: boolean },
): ParameterLayout[] {
  const norm = (name: string, file: string) => [
    whole(`${name}.weight`, `${file}.weight`, [C]),
    whole(`${name}.bias`, `${file}.bias`, [C]),
  ];
  const linear = (name: string, file: string, out: number, input: number) => [
    whole(`${name}.weight`, `${file}.weight`, [out, input], true),
    whole(`${name}.bias`, `${file}.bias`, [out]),
  ];
  const layer = (i: number) => {
    const [name, file] = [`layers.${i}`, `transformer.h.${i}`];
    return [
      ...norm(`${name}.attention_norm`, `${file}.ln_1`),
      ...linear(`${name}.attention.qkv`, `${file}.attn.c_attn`, 3 * C, C),
      ...linear(`${name}.attention.out`, `${file}.attn.c_proj`, C, C),
      ...norm(`${name}.mlp_norm`, `${file}.ln_2`),
      ...linear(`${name}.mlp.up`, `${file}.mlp.c_fc`, inner, C),
      ...linear(`${name}.mlp.down`, `${file}.mlp.c_proj`, C, inner),
    ];
  };
  return [
    whole('tokens.weight', 'transformer.wte.weight', [config.vocab_size, C]),
    whole('positions.weight', 'transformer.wpe.weight', [config.n_positions, C]),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    ...norm('final_norm', 'transformer.ln_f'),
    ...(config.tie_word_embeddings ? [] : [whole('head.weight', 'lm_head.weight', [config.vocab_size, C])]),
  ];
}
