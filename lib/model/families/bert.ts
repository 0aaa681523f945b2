/**
 * BERT (Devlin et al. 2018) and RoBERTa (Liu et al. 2019) encoders: they see both ways and predict nothing; their hidden
 * states are what BERTScore and token classifiers use.
 */
import * as z from 'zod';
import { joined, type ParameterLayout, whole } from '../weights/layout.js';
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
  hidden_size: size.default(768),
  num_hidden_layers: layerCount.default(12),
  num_attention_heads: size.default(12),
  intermediate_size: size.default(3072),
  hidden_act: activation.default('gelu'),
  max_position_embeddings: positions.default(512),
  type_vocab_size: z.number().int().nonnegative().default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  initializer_range: range,
  pad_token_id: z.number().int().nonnegative().nullish(),
});

/** `offsetPositions`: RoBERTa counts positions from the one after the padding id. */
function encoder(architecture: string, prefix: string, offsetPositions: boolean): Family {
  return {
    architecture,
    optionalPrefix: prefix,
    interpret: (raw, source) => {
      const config = parseConfig(schema, raw, source);
      const D = headSize(config.hidden_size, config.num_attention_heads, undefined, source);
      const positionOffset = offsetPositions ? (config.pad_token_id ?? 1) + 1 : 0;
      return {
        initializerRange: config.initializer_range,
        layout: layoutOf(config),
        spec: {
          vocabularySize: config.vocab_size,
          hiddenSize: config.hidden_size,
          layers: config.num_hidden_layers,
          contextLength: config.max_position_embeddings - positionOffset,
          norm: { rms: false, unitOffset: false, epsilon: config.layer_norm_eps },
          embedding: {
            ...NO_EMBEDDING_EXTRAS,
            learnedPositions: config.max_position_embeddings,
            positionOffset,
            types: config.type_vocab_size,
            norm: true,
          },
          rotary: NO_ROTARY,
          attention: {
            heads: config.num_attention_heads,
            keyValueHeads: config.num_attention_heads,
            headSize: D,
            scale: 1 / Math.sqrt(D),
            scaleByLayer: false,
            causal: false,
            qkvBias: true,
            outBias: true,
            windows: new Int32Array(config.num_hidden_layers),
          },
          mlp: { size: config.intermediate_size, gated: false, bias: true, activation: config.hidden_act },
          residual: 'post',
          head: 'none',
          headBias: false,
        },
      };
    },
  };
}

export const bert = encoder('BertModel', 'bert.', false);
export const roberta = encoder('RobertaModel', 'roberta.', true);

/** Names as the bare encoder has them in its files. */
function layoutOf(config: z.infer<typeof schema>): ParameterLayout[] {
  const C = config.hidden_size;
  const inner = config.intermediate_size;
  const norm = (name: string, file: string) => [
    whole(`${name}.weight`, `${file}.weight`, [C]),
    whole(`${name}.bias`, `${file}.bias`, [C]),
  ];
  const layer = (i: number) => {
    const [name, file] = [`layers.${i}`, `encoder.layer.${i}`];
    const linear = (part: string, stems: readonly string[], out: number, input: number) => {
      const sizes = stems.map(() => out);
      const named = (kind: string) => stems.map((stem) => `${file}.${stem}.${kind}`);
      return [
        joined(`${name}.${part}.weight`, named('weight'), sizes, input),
        joined(`${name}.${part}.bias`, named('bias'), sizes, undefined),
      ];
    };
    const qkv = ['query', 'key', 'value'].map((head) => `attention.self.${head}`);
    return [
      ...norm(`${name}.attention_norm`, `${file}.attention.output.LayerNorm`),
      ...linear('attention.qkv', qkv, C, C),
      ...linear('attention.out', ['attention.output.dense'], C, C),
      ...norm(`${name}.mlp_norm`, `${file}.output.LayerNorm`),
      ...linear('mlp.up', ['intermediate.dense'], inner, C),
      ...linear('mlp.down', ['output.dense'], C, inner),
    ];
  };
  return [
    whole('tokens.weight', 'embeddings.word_embeddings.weight', [config.vocab_size, C]),
    whole('positions.weight', 'embeddings.position_embeddings.weight', [config.max_position_embeddings, C]),
    ...(config.type_vocab_size === 0
      ? []
      : [whole('types.weight', 'embeddings.token_type_embeddings.weight', [config.type_vocab_size, C])]),
    ...norm('embedding_norm', 'embeddings.LayerNorm'),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(i)).flat(),
  ];
}
