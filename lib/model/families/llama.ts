/**
 * The Llama line: Llama (Touvron et al. 2023; DeepSeek-Coder, Llama 3.1), Qwen2 (Qwen2.5-Coder, CodeQwen) and Gemma
 * (CodeGemma). One shape, RMSNorm, rotary positions, grouped queries and a gated MLP; the table says where they differ.
 */
import * as z from 'zod';
import { joined, type ParameterLayout, whole } from '../weights/layout.js';
import {
  type Architecture,
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
import { ropeFields, scaledFrequencies } from './rotary.js';

const common = {
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: layerCount,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  max_position_embeddings: positions.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  initializer_range: range,
  ...ropeFields,
};

const llamaSchema = z.object({
  ...common,
  hidden_act: activation.default('silu'),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
});

const qwen2Schema = z.object({
  ...common,
  hidden_act: activation.default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullish(),
  max_window_layers: z.number().int().nonnegative().default(28),
  layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
});

const gemmaSchema = z.object({
  ...common,
  head_dim: size.default(256),
  hidden_act: activation.nullish(),
  hidden_activation: activation.nullish(),
  attention_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

interface Traits {
  readonly activation: 'gelu' | 'gelu_tanh' | 'relu' | 'silu';
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  readonly unitOffset: boolean;
  readonly embeddingScale: number;
  readonly windows: Int32Array;
}

type Common = z.infer<z.ZodObject<typeof common>> & { readonly tie_word_embeddings: boolean };

export const llama: Family = {
  architecture: 'LlamaForCausalLM',
  optionalPrefix: 'model.',
  interpret: (raw, source) => {
    const config = parseConfig(llamaSchema, raw, source);
    return assemble(config, source, {
      activation: config.hidden_act,
      qkvBias: config.attention_bias,
      outBias: config.attention_bias,
      mlpBias: config.mlp_bias,
      unitOffset: false,
      embeddingScale: 1,
      windows: new Int32Array(config.num_hidden_layers),
    });
  },
};

export const qwen2: Family = {
  architecture: 'Qwen2ForCausalLM',
  optionalPrefix: 'model.',
  interpret: (raw, source) => {
    const config = parseConfig(qwen2Schema, raw, source);
    const slides = (layer: number) =>
      config.use_sliding_window &&
      (config.layer_types?.[layer] ??
        (layer >= config.max_window_layers ? 'sliding_attention' : 'full_attention')) === 'sliding_attention';
    return assemble(config, source, {
      activation: config.hidden_act,
      qkvBias: true,
      outBias: false,
      mlpBias: false,
      unitOffset: false,
      embeddingScale: 1,
      windows: Int32Array.from({ length: config.num_hidden_layers }, (_, layer) =>
        slides(layer) ? (config.sliding_window ?? 0) : 0,
      ),
    });
  },
};

export const gemma: Family = {
  architecture: 'GemmaForCausalLM',
  optionalPrefix: 'model.',
  interpret: (raw, source) => {
    const config = parseConfig(gemmaSchema, raw, source);
    return assemble(config, source, {
      activation: gemmaActivation(config),
      qkvBias: config.attention_bias,
      outBias: config.attention_bias,
      mlpBias: false,
      unitOffset: true,
      embeddingScale: Math.sqrt(config.hidden_size),
      windows: new Int32Array(config.num_hidden_layers),
    });
  },
};

/** Older configs name the exact gelu in hidden_act by mistake; the models were trained with the tanh form. */
function gemmaActivation(config: z.infer<typeof gemmaSchema>): Traits['activation'] {
  const named = config.hidden_activation ?? config.hidden_act ?? 'gelu_tanh';
  return config.hidden_activation == null && named === 'gelu' ? 'gelu_tanh' : named;
}

function assemble(config: Common, source: string, traits: Traits): Architecture {
  const D = headSize(config.hidden_size, config.num_attention_heads, config.head_dim, source);
  const keyValueHeads = config.num_key_value_heads ?? config.num_attention_heads;
  return {
    initializerRange: config.initializer_range,
    layout: layoutOf(config, D, keyValueHeads, traits),
    spec: {
      vocabularySize: config.vocab_size,
      hiddenSize: config.hidden_size,
      layers: config.num_hidden_layers,
      contextLength: config.max_position_embeddings,
      norm: { rms: true, unitOffset: traits.unitOffset, epsilon: config.rms_norm_eps },
      embedding: { ...NO_EMBEDDING_EXTRAS, scale: traits.embeddingScale },
      rotary: { frequencies: scaledFrequencies(config, D, source), interleaved: false },
      attention: {
        heads: config.num_attention_heads,
        keyValueHeads,
        headSize: D,
        scale: 1 / Math.sqrt(D),
        scaleByLayer: false,
        causal: true,
        qkvBias: traits.qkvBias,
        outBias: traits.outBias,
        windows: traits.windows,
      },
      mlp: {
        size: config.intermediate_size,
        gated: true,
        bias: traits.mlpBias,
        activation: traits.activation,
      },
      residual: 'pre',
      head: config.tie_word_embeddings ? 'tied' : 'own',
      headBias: false,
    },
  };
}

function layoutOf(config: Common, D: number, keyValueHeads: number, traits: Traits): ParameterLayout[] {
  const C = config.hidden_size;
  const inner = config.intermediate_size;
  const [q, kv] = [config.num_attention_heads * D, keyValueHeads * D];
  const layer = (i: number) => {
    const [name, file] = [`layers.${i}`, `model.layers.${i}`];
    const linear = (
      part: string,
      files: readonly string[],
      sizes: readonly number[],
      input: number,
      bias: boolean,
    ) => {
      const named = (kind: string) => files.map((stem) => `${file}.${stem}.${kind}`);
      return [
        joined(`${name}.${part}.weight`, named('weight'), sizes, input),
        ...(bias ? [joined(`${name}.${part}.bias`, named('bias'), sizes, undefined)] : []),
      ];
    };
    const qkv = ['q', 'k', 'v'].map((head) => `self_attn.${head}_proj`);
    return [
      whole(`${name}.attention_norm.weight`, `${file}.input_layernorm.weight`, [C]),
      ...linear('attention.qkv', qkv, [q, kv, kv], C, traits.qkvBias),
      ...linear('attention.out', ['self_attn.o_proj'], [C], q, traits.outBias),
      whole(`${name}.mlp_norm.weight`, `${file}.post_attention_layernorm.weight`, [C]),
      ...linear('mlp.up', ['mlp.gate_proj', 'mlp.up_proj'], [inner, inner], C, traits.mlpBias),
      ...linear('mlp.down', ['mlp.down_proj'], [C], inner, traits.mlpBias),
    ];
  };
  return [
    whole('tokens.weight', 'model.embed_tokens.weight', [config.vocab_size, C]),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(i)).flat(),
    whole('final_norm.weight', 'model.norm.weight', [C]),
    ...(config.tie_word_embeddings ? [] : [whole('head.weight', 'lm_head.weight', [config.vocab_size, C])]),
  ];
}
