#include "decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <optional>

#include "linear.h"

namespace lethe {
namespace {

at::Tensor Project(const at::Tensor& x, const Linear& linear) {  // [B, T, in] -> [B, T, out]
  return ApplyLinear(x.reshape({-1, x.size(-1)}), linear.weight.t(), linear.bias).view({x.size(0), x.size(1), -1});
}

// [B, T, H, D] x 3 -> [B, T, H, D]
at::Tensor Attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const std::optional<at::Tensor>& mask,
                     bool causal, double scale) {
  return at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask, /*dropout_p=*/0.0,
                                          causal, scale)
      .transpose(1, 2);
}

}  // namespace

KeyValueCache KeyValueCache::Create(const DecoderSpec& spec, int64_t rows, int64_t capacity,
                                    const at::TensorOptions& options) {
  KeyValueCache cache;
  for (int64_t i = 0; i < spec.layers; ++i) {
    // Zeros, not empty: a masked slot has weight 0, and 0 times an uninitialised NaN would still be NaN.
    cache.keys.push_back(at::zeros({rows, capacity, spec.heads, spec.head_size()}, options));
    cache.values.push_back(at::zeros({rows, capacity, spec.heads, spec.head_size()}, options));
  }
  return cache;
}

KeyValueCache KeyValueCache::Select(const at::Tensor& index) const {
  KeyValueCache out;
  for (const at::Tensor& layer : keys) out.keys.push_back(layer.index_select(0, index));
  for (const at::Tensor& layer : values) out.values.push_back(layer.index_select(0, index));
  return out;
}

KeyValueCache KeyValueCache::First(int64_t count) const {
  KeyValueCache out;
  for (const at::Tensor& layer : keys) out.keys.push_back(layer.narrow(0, 0, count));
  for (const at::Tensor& layer : values) out.values.push_back(layer.narrow(0, 0, count));
  return out;
}

at::Tensor Decoder::Forward(const at::Tensor& tokens, KeyValueCache* cache) const {
  const int64_t T = tokens.size(1);
  at::Tensor hidden = at::embedding(parameters_.token_embedding(), tokens) +
                      parameters_.position_embedding().narrow(0, 0, T);  // [B, T, C]
  return Blocks(std::move(hidden), [&](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    if (cache != nullptr) {
      cache->keys[static_cast<size_t>(layer)].narrow(1, 0, T).copy_(k);
      cache->values[static_cast<size_t>(layer)].narrow(1, 0, T).copy_(v);
    }
    return Attention(q, k, v, std::nullopt, /*causal=*/true, AttentionScale(layer));
  });
}

at::Tensor Decoder::Step(const at::Tensor& tokens, const at::Tensor& positions, int64_t width, KeyValueCache& cache) const {
  const int64_t R = tokens.size(0);
  at::Tensor hidden = (at::embedding(parameters_.token_embedding(), tokens) +
                       at::embedding(parameters_.position_embedding(), positions))
                          .unsqueeze(1);  // [R, 1, C]
  const at::Tensor slots = at::arange(width, positions.options());
  const at::Tensor mask = slots.unsqueeze(0).le(positions.unsqueeze(1)).view({R, 1, 1, width});
  c10::List<std::optional<at::Tensor>> here;
  here.push_back(at::arange(R, positions.options()));
  here.push_back(positions);
  return Blocks(std::move(hidden),
                [&](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
                  at::Tensor& keys = cache.keys[static_cast<size_t>(layer)];
                  at::Tensor& values = cache.values[static_cast<size_t>(layer)];
                  keys.index_put_(here, k.squeeze(1));
                  values.index_put_(here, v.squeeze(1));
                  return Attention(q, keys.narrow(1, 0, width), values.narrow(1, 0, width), mask, /*causal=*/false,
                                   AttentionScale(layer));
                })
      .squeeze(1);
}

at::Tensor Decoder::Logits(const at::Tensor& hidden) const {
  return ApplyLinear(hidden, parameters_.head()).to(at::kFloat);
}

at::Tensor Decoder::Blocks(at::Tensor hidden, const Attend& attend) const {
  const auto norm = [&](const at::Tensor& x, const Norm& weights) {
    return at::layer_norm(x, {spec_.hidden_size}, weights.weight, weights.bias, spec_.norm_epsilon);
  };
  const int64_t B = hidden.size(0);
  const int64_t T = hidden.size(1);
  for (int64_t i = 0; i < spec_.layers; ++i) {
    const LayerWeights& layer = parameters_.layer(i);
    const at::Tensor qkv =
        Project(norm(hidden, layer.attention_norm), layer.qkv).view({B, T, 3, spec_.heads, spec_.head_size()});
    const at::Tensor attended = attend(i, qkv.select(2, 0), qkv.select(2, 1), qkv.select(2, 2));
    hidden = hidden + Project(attended.reshape({B, T, spec_.hidden_size}), layer.attention_out);
    hidden = hidden + Project(Activate(Project(norm(hidden, layer.mlp_norm), layer.mlp_up)), layer.mlp_down);
  }
  return norm(hidden, parameters_.final_norm());
}

at::Tensor Decoder::Activate(const at::Tensor& x) const {
  switch (spec_.activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
  }
  return x;
}

double Decoder::AttentionScale(int64_t layer) const {
  const double by_size = spec_.scale_attention ? 1.0 / std::sqrt(static_cast<double>(spec_.head_size())) : 1.0;
  return spec_.scale_attention_by_layer ? by_size / static_cast<double>(layer + 1) : by_size;
}

}  // namespace lethe
