// The forward pass of a transformer, whole sequences at once or one token a row over a cache.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <vector>

#include "parameters.h"
#include "spec.h"

namespace lethe {

// Keys and values of every layer, [R, capacity, KV, D] each. Row r keeps its token at position p in slot p, whatever
// its neighbours' lengths are, so what a row computes does not depend on the batch it sits in.
struct KeyValueCache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;

  static KeyValueCache Create(const TransformerSpec& spec, int64_t rows, int64_t capacity, const at::TensorOptions& options);
  // The rows `index` (int64, [R']), in that order.
  KeyValueCache Select(const at::Tensor& index) const;
  // The first `count` rows, as a view.
  KeyValueCache First(int64_t count) const;
};

// What turns queries and keys by their position; computed once per model.
class RotaryTable {
 public:
  RotaryTable(const TransformerSpec& spec, const at::TensorOptions& options);

  // x [B, T, H, D] at `positions` ([T] or [B, T], int64).
  at::Tensor Turn(const at::Tensor& x, const at::Tensor& positions) const;
  bool empty() const { return dimensions_ == 0; }

 private:
  int64_t dimensions_;
  bool interleaved_;
  at::Tensor cosine_;  // [P, dimensions / 2]
  at::Tensor sine_;
};

class Transformer {
 public:
  Transformer(const TransformerSpec& spec, const Parameters& parameters, const RotaryTable& rotary)
      : spec_(spec), parameters_(parameters), rotary_(rotary) {}

  // Hidden states after the last norm, [B, T, C], of token ids [B, T] (int64), `lengths` [B] of them real and the rest
  // padding on the right. Fills slots 0..T-1 of `cache` if there is one. `layers` < 0 runs all; otherwise the states
  // after that many layers, 0 being the embedding, before any last norm.
  at::Tensor Forward(const at::Tensor& tokens, const std::vector<int32_t>& lengths, KeyValueCache* cache = nullptr,
                     int64_t layers = -1) const;

  // A cache for `rows` rows of this model, where and as its weights are.
  KeyValueCache MakeCache(int64_t rows, int64_t capacity) const;

  // Hidden states [B, T, C] of token ids [B, T], padded on the right, that all follow the tokens whose keys and values
  // fill `before`, of one row.
  at::Tensor ForwardAfter(const at::Tensor& tokens, const KeyValueCache& before) const;

  // One token a row: ids [R] at `positions` [R] (int64); attends to slots 0..position. `width` > every position.
  // Returns hidden states [R, C].
  at::Tensor Step(const at::Tensor& tokens, const at::Tensor& positions, int64_t width, KeyValueCache& cache) const;

  // [N, C] -> logits [N, V] in float32.
  at::Tensor Logits(const at::Tensor& hidden) const;

 private:
  // (layer, q [B, T, H, D], k, v [B, T, KV, D]) -> [B, T, H, D]
  using Attend = std::function<at::Tensor(int64_t, const at::Tensor&, const at::Tensor&, const at::Tensor&)>;

  // What a step of decoding does: by our own kernel where there is one, else by libtorch's, over `width` slots.
  Attend AttendByKernel(const at::Tensor& positions, KeyValueCache& cache) const;
  Attend AttendByLibrary(const at::Tensor& positions, int64_t width, KeyValueCache& cache) const;

  // Attention of q [B, T, H, D] to k and v [B, S, KV, D]; `mask` [T, S] or [B, 1, T, S], without one causal.
  at::Tensor AttendTo(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                      const std::optional<at::Tensor>& mask) const;

  at::Tensor Embed(const at::Tensor& tokens, const at::Tensor& positions) const;
  at::Tensor Blocks(at::Tensor hidden, const at::Tensor& positions, int64_t layers, const Attend& attend) const;
  at::Tensor SelfAttention(int64_t layer, const at::Tensor& x, const at::Tensor& positions, const Attend& attend) const;
  at::Tensor Mlp(const LayerWeights& layer, const at::Tensor& x) const;
  at::Tensor Normalize(const at::Tensor& x, const Norm& norm) const;
  double AttentionScale(int64_t layer) const;

  const TransformerSpec& spec_;
  const Parameters& parameters_;
  const RotaryTable& rotary_;
};

}  // namespace lethe
