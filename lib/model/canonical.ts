/** The canonical parameter names of a decoder, in the order in which C++ keeps them (native/core/parameters.cc). */
import type { DecoderSpec } from '../native/contract.js';

const LAYER_PARTS = ['attention_norm', 'attention.qkv', 'attention.out', 'mlp_norm', 'mlp.up', 'mlp.down'];

export function canonicalNames(spec: DecoderSpec): string[] {
  const both = (part: string) => [`${part}.weight`, `${part}.bias`];
  const layers = Array.from({ length: spec.layers }, (_, layer) =>
    LAYER_PARTS.flatMap((part) => both(`layers.${layer}.${part}`)),
  );
  return [
    'tokens.weight',
    'positions.weight',
    ...layers.flat(),
    ...both('final_norm'),
    ...(spec.tiedHead ? [] : ['head.weight']),
  ];
}
