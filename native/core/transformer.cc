#include "transformer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "attend.h"
#include "error.h"
#include "linear.h"

namespace lethe {
namespace {

at::Tensor Project(const at::Tensor& x, const Linear& linear) {  // [B, T, in] -> [B, T, out]
  return ApplyLinear(x.reshape({-1, x.size(-1)}), linear.weight, linear.bias).view({x.size(0), x.size(1), -1});
}

at::Tensor Activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
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

// True where the query position sees the key slot. Shapes broadcast.
at::Tensor Sees(const at::Tensor& queries, const at::Tensor& slots, bool causal, int64_t window) {
  at::Tensor sees = causal ? slots.le(queries) : slots.eq(slots);
  if (window > 0) sees = sees.logical_and(slots.gt(queries - window));
  return sees;
}

}  // namespace

KeyValueCache KeyValueCache::Create(const TransformerSpec& spec, int64_t rows, int64_t capacity,
                                    const at::TensorOptions& options) {
  KeyValueCache cache;
  const std::vector<int64_t> shape = {rows, capacity, spec.attention.key_value_heads, spec.attention.head_size};
  for (int64_t i = 0; i < spec.layers; ++i) {
    // Zeros, not empty: a masked slot has weight 0, and 0 times an uninitialised NaN would still be NaN.
    cache.keys.push_back(at::zeros(shape, options));
    cache.values.push_back(at::zeros(shape, options));
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

RotaryTable::RotaryTable(const TransformerSpec& spec, const at::TensorOptions& options)
    : dimensions_(2 * static_cast<int64_t>(spec.rotary.frequencies.size())), interleaved_(spec.rotary.interleaved) {
  if (dimensions_ == 0) return;
  at::Tensor frequencies = at::empty({dimensions_ / 2}, at::kFloat);
  std::copy(spec.rotary.frequencies.begin(), spec.rotary.frequencies.end(), frequencies.mutable_data_ptr<float>());
  // In float32, as the published implementations compute it, then in the model's dtype.
  const at::Tensor angles = at::arange(spec.context_length, at::kFloat).unsqueeze(1) * frequencies.unsqueeze(0);
  cosine_ = angles.cos().to(options);
  sine_ = angles.sin().to(options);
}

at::Tensor RotaryTable::Turn(const at::Tensor& x, const at::Tensor& positions) const {
  const auto at_positions = [&](const at::Tensor& table) {
    std::vector<int64_t> shape = positions.sizes().vec();
    shape.insert(shape.end(), {1, dimensions_ / 2});
    return table.index_select(0, positions.flatten()).view(shape);
  };
  const at::Tensor cosine = at_positions(cosine_);
  const at::Tensor sine = at_positions(sine_);
  const at::Tensor turning = x.narrow(-1, 0, dimensions_);
  const int64_t half = dimensions_ / 2;
  const at::Tensor a = interleaved_ ? turning.slice(-1, 0, dimensions_, 2) : turning.narrow(-1, 0, half);
  const at::Tensor b = interleaved_ ? turning.slice(-1, 1, dimensions_, 2) : turning.narrow(-1, half, half);
  const at::Tensor first = a * cosine - b * sine;
  const at::Tensor second = b * cosine + a * sine;
  const at::Tensor turned = interleaved_ ? at::stack({first, second}, -1).flatten(-2) : at::cat({first, second}, -1);
  if (dimensions_ == x.size(-1)) return turned;
  return at::cat({turned, x.narrow(-1, dimensions_, x.size(-1) - dimensions_)}, -1);
}

at::Tensor Transformer::Forward(const at::Tensor& tokens, const std::vector<int32_t>& lengths, KeyValueCache* cache,
                                int64_t layers) const {
  const int64_t T = tokens.size(1);
  const at::Tensor positions = at::arange(T, tokens.options());
  const auto mask_of = [&](int64_t layer) -> std::optional<at::Tensor> {
    const int64_t window = spec_.attention.windows[static_cast<size_t>(layer)];
    // Causal attention never looks right, where the padding is, so a full causal layer needs no mask.
    if (spec_.attention.causal && (window == 0 || window >= T)) return std::nullopt;
    at::Tensor mask = Sees(positions.unsqueeze(1), positions.unsqueeze(0), spec_.attention.causal, window);  // [T, T]
    if (spec_.attention.causal) return mask;
    at::Tensor real = at::empty({static_cast<int64_t>(lengths.size())}, at::kLong);
    std::copy(lengths.begin(), lengths.end(), real.mutable_data_ptr<int64_t>());
    real = real.to(tokens.device()).view({-1, 1, 1, 1});
    return mask.logical_and(positions.view({1, 1, 1, T}).lt(real));  // [B, 1, T, T]
  };
  return Blocks(Embed(tokens, positions), positions, layers,
                [&](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
                  if (cache != nullptr) {
                    cache->keys[static_cast<size_t>(layer)].narrow(1, 0, T).copy_(k);
                    cache->values[static_cast<size_t>(layer)].narrow(1, 0, T).copy_(v);
                  }
                  return AttendTo(layer, q, k, v, mask_of(layer));
                });
}

KeyValueCache Transformer::MakeCache(int64_t rows, int64_t capacity) const {
  return KeyValueCache::Create(spec_, rows, capacity, parameters_.token_embedding().options());
}

at::Tensor Transformer::ForwardAfter(const at::Tensor& tokens, const KeyValueCache& before) const {
  const int64_t B = tokens.size(0);
  const int64_t T = tokens.size(1);
  const int64_t P = before.keys.front().size(1);
  const at::Tensor slots = at::arange(P + T, tokens.options());
  const at::Tensor positions = slots.narrow(0, P, T);
  return Blocks(Embed(tokens, positions), positions, -1,
                [&](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
                  const auto i = static_cast<size_t>(layer);
                  const auto following = [&](const at::Tensor& held, const at::Tensor& own) {  // [B, P + T, KV, D]
                    return at::cat({held.expand({B, -1, -1, -1}), own}, 1);
                  };
                  const at::Tensor mask =
                      Sees(positions.unsqueeze(1), slots.unsqueeze(0), /*causal=*/true, spec_.attention.windows[i]);
                  return AttendTo(layer, q, following(before.keys[i], k), following(before.values[i], v), mask);
                });
}

at::Tensor Transformer::AttendTo(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 const std::optional<at::Tensor>& mask) const {
  const int64_t groups = spec_.attention.heads / spec_.attention.key_value_heads;
  const auto spread = [&](const at::Tensor& x) {  // [B, S, KV, D] -> [B, H, S, D]
    return (groups == 1 ? x : at::repeat_interleave(x, groups, 2)).transpose(1, 2);
  };
  return at::scaled_dot_product_attention(q.transpose(1, 2), spread(k), spread(v), mask, /*dropout_p=*/0.0,
                                          /*is_causal=*/!mask.has_value(), AttentionScale(layer))
      .transpose(1, 2);
}

at::Tensor Transformer::Step(const at::Tensor& tokens, const at::Tensor& positions, int64_t width,
                             KeyValueCache& cache) const {
  const at::Tensor column = positions.unsqueeze(1);  // [R, 1]
  const at::Tensor embedded = Embed(tokens.unsqueeze(1), column);
  const auto step = HasAttentionKernel(embedded) ? AttendByKernel(positions, cache) : AttendByLibrary(positions, width, cache);
  return Blocks(embedded, column, -1, step).squeeze(1);
}

Transformer::Attend Transformer::AttendByKernel(const at::Tensor& positions, KeyValueCache& cache) const {
  return [this, &positions, &cache](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    const auto i = static_cast<size_t>(layer);
    return AttendToCache(q.squeeze(1), k.squeeze(1), v.squeeze(1), positions, spec_.attention.windows[i],
                         AttentionScale(layer), cache.keys[i], cache.values[i])
        .unsqueeze(1);
  };
}

Transformer::Attend Transformer::AttendByLibrary(const at::Tensor& positions, int64_t width, KeyValueCache& cache) const {
  const int64_t R = positions.size(0);
  const at::Tensor column = positions.unsqueeze(1);
  const at::Tensor slots = at::arange(width, positions.options()).unsqueeze(0);
  const at::Tensor full = Sees(column, slots, /*causal=*/true, 0).view({R, 1, 1, width});
  c10::List<std::optional<at::Tensor>> here;
  here.push_back(at::arange(R, positions.options()));
  here.push_back(positions);
  return [=, this, &cache](int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    const int64_t KV = spec_.attention.key_value_heads;
    const int64_t groups = spec_.attention.heads / KV;
    const int64_t D = spec_.attention.head_size;
    at::Tensor& keys = cache.keys[static_cast<size_t>(layer)];
    at::Tensor& values = cache.values[static_cast<size_t>(layer)];
    keys.index_put_(here, k.squeeze(1));
    values.index_put_(here, v.squeeze(1));
    const int64_t window = spec_.attention.windows[static_cast<size_t>(layer)];
    const at::Tensor mask = window == 0 ? full : Sees(column, slots, /*causal=*/true, window).view({R, 1, 1, width});
    // The query heads that share a key head stand where a sequence would: [R, KV, groups, D].
    return at::scaled_dot_product_attention(q.view({R, KV, groups, D}), keys.narrow(1, 0, width).transpose(1, 2),
                                            values.narrow(1, 0, width).transpose(1, 2), mask,
                                            /*dropout_p=*/0.0, /*is_causal=*/false, AttentionScale(layer))
        .reshape({R, 1, KV * groups, D});
  };
}

at::Tensor Transformer::Logits(const at::Tensor& hidden) const {
  if (spec_.head == Head::kNone) {
    throw Error("ERR_INVALID_OPTION", "Expected a language model but this model is an encoder: it predicts no tokens.");
  }
  return ApplyLinear(hidden, parameters_.head().weight, parameters_.head().bias).to(at::kFloat);
}

at::Tensor Transformer::Embed(const at::Tensor& tokens, const at::Tensor& positions) const {
  at::Tensor hidden = at::embedding(parameters_.token_embedding(), tokens);  // [B, T, C]
  if (spec_.embedding.scale != 1.0) {
    // The factor is rounded to the model's dtype first, as Gemma was trained.
    hidden = hidden * at::empty({}, hidden.options()).fill_(spec_.embedding.scale);
  }
  if (parameters_.position_embedding().defined()) {
    hidden = hidden + at::embedding(parameters_.position_embedding(), positions + spec_.embedding.position_offset);
  }
  if (parameters_.type_embedding().defined()) hidden = hidden + parameters_.type_embedding().select(0, 0);
  return spec_.embedding.norm ? Normalize(hidden, parameters_.embedding_norm()) : hidden;
}

at::Tensor Transformer::Blocks(at::Tensor hidden, const at::Tensor& positions, int64_t layers, const Attend& attend) const {
  const int64_t depth = layers < 0 ? spec_.layers : layers;
  for (int64_t i = 0; i < depth; ++i) {
    const LayerWeights& layer = parameters_.layer(i);
    switch (spec_.residual) {
      case Residual::kPre:
        hidden = hidden + SelfAttention(i, Normalize(hidden, layer.attention_norm), positions, attend);
        hidden = hidden + Mlp(layer, Normalize(hidden, layer.mlp_norm));
        break;
      case Residual::kParallel: {
        const at::Tensor normal = Normalize(hidden, layer.attention_norm);
        hidden = hidden + SelfAttention(i, normal, positions, attend) + Mlp(layer, normal);
        break;
      }
      case Residual::kPost:
        hidden = Normalize(hidden + SelfAttention(i, hidden, positions, attend), layer.attention_norm);
        hidden = Normalize(hidden + Mlp(layer, hidden), layer.mlp_norm);
        break;
    }
  }
  return layers < 0 && spec_.residual != Residual::kPost ? Normalize(hidden, parameters_.final_norm()) : hidden;
}

at::Tensor Transformer::SelfAttention(int64_t layer, const at::Tensor& x, const at::Tensor& positions,
                                      const Attend& attend) const {
  const LayerWeights& weights = parameters_.layer(layer);
  const int64_t B = x.size(0);
  const int64_t T = x.size(1);
  const int64_t D = spec_.attention.head_size;
  const at::Tensor qkv = Project(x, weights.qkv).view({B, T, -1, D});  // [B, T, H + 2 KV, D]
  const int64_t H = spec_.attention.heads;
  const int64_t KV = spec_.attention.key_value_heads;
  at::Tensor q = qkv.narrow(2, 0, H);
  at::Tensor k = qkv.narrow(2, H, KV);
  if (!rotary_.empty()) {
    q = rotary_.Turn(q, positions);
    k = rotary_.Turn(k, positions);
  }
  return Project(attend(layer, q, k, qkv.narrow(2, H + KV, KV)).reshape({B, T, H * D}), weights.attention_out);
}

at::Tensor Transformer::Mlp(const LayerWeights& layer, const at::Tensor& x) const {
  const at::Tensor up = Project(x, layer.mlp_up);
  const at::Tensor active =
      spec_.mlp.gated ? Activate(up.narrow(-1, 0, spec_.mlp.size), spec_.mlp.activation) *
                            up.narrow(-1, spec_.mlp.size, spec_.mlp.size)
                      : Activate(up, spec_.mlp.activation);
  return Project(active, layer.mlp_down);
}

at::Tensor Transformer::Normalize(const at::Tensor& x, const Norm& norm) const {
  if (!spec_.norm.rms) return at::layer_norm(x, {spec_.hidden_size}, norm.weight, norm.bias, spec_.norm.epsilon);
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor normal = wide * at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + spec_.norm.epsilon);
  // Where the rounding to the model's dtype happens is part of each family's definition.
  if (spec_.norm.unit_offset) return (normal * (norm.weight.to(at::kFloat) + 1.0)).to(x.scalar_type());
  return normal.to(x.scalar_type()) * norm.weight;
}

double Transformer::AttentionScale(int64_t layer) const {
  const AttentionSpec& attention = spec_.attention;
  return attention.scale_by_layer ? attention.scale / static_cast<double>(layer + 1) : attention.scale;
}

}  // namespace lethe
