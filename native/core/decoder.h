// The forward pass of a decoder-only transformer, whole sequences at once or one token a row over a cache.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "parameters.h"
#include "spec.h"

namespace lethe {

// Keys and values of every layer, [R, capacity, H, D] each. Row r keeps its token at position p in slot p, whatever
// its neighbours' lengths are, so what a row computes does not depend on the batch it sits in.
struct KeyValueCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;

  static KeyValueCache Create(const DecoderSpec& spec, int64_t rows, int64_t capacity, const at::TensorOptions& options);
  // The rows `index` (int64, [R']), in that order.
  KeyValueCache Select(const at::Tensor& index) const;
  // The first `count` rows, as a view.
  KeyValueCache First(int64_t count) const;
};

class Decoder {
 public:
  Decoder(const DecoderSpec& spec, const Parameters& parameters) : spec_(spec), parameters_(parameters) {}

  // Hidden states after the final norm, [B, T, C], of token ids [B, T] (int64). Rows shorter than T are padded on the
  // right: attention is causal, so padding never reaches a real token. Fills slots 0..T-1 of `cache` if there is one.
  at::Tensor Forward(const at::Tensor& tokens, KeyValueCache* cache = nullptr) const;

  // One token a row: ids [R] at `positions` [R] (int64); attends to slots 0..position. `width` > every position.
  // Returns hidden states [R, C].
  at::Tensor Step(const at::Tensor& tokens, const at::Tensor& positions, int64_t width, KeyValueCache& cache) const;

  // [N, C] -> logits [N, V] in float32.
  at::Tensor Logits(const at::Tensor& hidden) const;

 private:
  // (layer, q, k, v), each [B, T, H, D] -> [B, T, H, D]
  using Attend = std::function<at::Tensor(int64_t, const at::Tensor&, const at::Tensor&, const at::Tensor&)>;

  at::Tensor Blocks(at::Tensor hidden, const Attend& attend) const;
  at::Tensor Activate(const at::Tensor& x) const;
  double AttentionScale(int64_t layer) const;

  const DecoderSpec& spec_;
  const Parameters& parameters_;
};

}  // namespace lethe
