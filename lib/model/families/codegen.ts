/**
 * CodeGen (Nijkamp et al. 2022): rotary positions on a part of each head, attention and MLP side by side. Fields and
 * defaults of transformers' CodeGenConfig.
 */
import * as z from 'zod';
import { InputError } from '../../errors.js';
import { type FileRows, type ParameterLayout, whole } from '../weights/layout.js';
import {
  activation,
  type Family,
  headSize,
  layerCount,
  NO_EMBEDDING_EXTRAS,
  parseConfig,
  positions,
  range,
  size,
} from './family.js';
import { rotaryFrequencies } from './rotary.js';

/** The weights were trained on a TPU v4 in this many shards, and the fused projection is still laid out by them. */
const SHARDS = 4;

const schema = z.object({
  vocab_size: size,
  n_positions: positions.default(2048),
  n_embd: size.default(4096),
  n_layer: layerCount.default(28),
  n_head: size.default(16),
  rotary_dim: z.number().int().positive().multipleOf(2).nullable().default(64),
  n_inner: size.nullish(),
  activation_function: activation.default('gelu_tanh'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: range,
  tie_word_embeddings: z.boolean().default(false),
});

export const codegen: Family = {
  architecture: 'CodeGenForCausalLM',
  optionalPrefix: 'transformer.',
  interpret: (raw, source) => {
    const config = parseConfig(schema, raw, source);
    const C = config.n_embd;
    const D = headSize(C, config.n_head, undefined, source);
    if (config.n_head % SHARDS !== 0) {
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected a multiple of ${SHARDS} for n_head in ${source} but found ${config.n_head}.`,
      );
    }
    const inner = config.n_inner ?? 4 * C;
    return {
      initializerRange: config.initializer_range,
      layout: layoutOf(config.n_layer, C, inner, config),
      spec: {
        vocabularySize: config.vocab_size,
        hiddenSize: C,
        layers: config.n_layer,
        contextLength: config.n_positions,
        norm: { rms: false, unitOffset: false, epsilon: config.layer_norm_epsilon },
        embedding: NO_EMBEDDING_EXTRAS,
        rotary: { frequencies: rotaryFrequencies(10_000, config.rotary_dim ?? D), interleaved: true },
        attention: {
          heads: config.n_head,
          keyValueHeads: config.n_head,
          headSize: D,
          scale: 1 / Math.sqrt(D),
          scaleByLayer: false,
          causal: true,
          qkvBias: false,
          outBias: false,
          windows: new Int32Array(config.n_layer),
        },
        mlp: { size: inner, gated: false, bias: true, activation: config.activation_function },
        residual: 'parallel',
        head: config.tie_word_embeddings ? 'tied' : 'own',
        headBias: true,
      },
    };
  },
};

/** Each shard of the fused projection holds its heads' queries, then values, then keys. */
function qkvRows(file: string, C: number): FileRows[] {
  const local = C / SHARDS;
  const order = { query: 0, key: 2, value: 1 };
  return Object.values(order).flatMap((place) =>
    Array.from({ length: SHARDS }, (_, shard) => ({
      name: file,
      first: (3 * shard + place) * local,
      rows: local,
      of: 3 * C,
      transposed: false,
    })),
  );
}

function layoutOf(
  layers: number,
  C: number,
  inner: number,
  config: { vocab_size: number; tie_word_embeddings: boolean },
): ParameterLayout[] {
  const pair = (name: string, file: string, shape: readonly number[]) => [
    whole(`${name}.weight`, `${file}.weight`, shape),
    whole(`${name}.bias`, `${file}.bias`, [shape[0]!]),
  ];
  const layer = (i: number): ParameterLayout[] => {
    const [name, file] = [`layers.${i}`, `transformer.h.${i}`];
    return [
      ...pair(`${name}.attention_norm`, `${file}.ln_1`, [C]),
      {
        name: `${name}.attention.qkv.weight`,
        shape: [3 * C, C],
        parts: qkvRows(`${file}.attn.qkv_proj.weight`, C),
      },
      whole(`${name}.attention.out.weight`, `${file}.attn.out_proj.weight`, [C, C]),
      ...pair(`${name}.mlp.up`, `${file}.mlp.fc_in`, [inner, C]),
      ...pair(`${name}.mlp.down`, `${file}.mlp.fc_out`, [C, inner]),
    ];
  };
  return [
    whole('tokens.weight', 'transformer.wte.weight', [config.vocab_size, C]),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    ...pair('final_norm', 'transformer.ln_f', [C]),
    ...(config.tie_word_embeddings ? [] : [whole('head.weight', 'lm_head.weight', [config.vocab_size, C])]),
    whole('head.bias', 'lm_head.bias', [config.vocab_size]),
  ];
}
