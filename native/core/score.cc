#include "score.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/logsumexp.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "error.h"
#include "logits.h"

namespace lethe {
namespace {

// Logits of this many positions exist at a time: 256 x 50 257 float32 are 51 MB, whatever the batch holds.
constexpr int64_t kPositionsAtOnce = 256;
// 12 MB for that vocabulary: the allocator keeps a block of this size, and gives a larger one back to the system each time.
constexpr int64_t kPositionsAtOnceOnCpu = 64;

template <typename T>
void Append(std::vector<T>& out, const at::Tensor& values) {
  const at::Tensor host = values.cpu().contiguous();
  const T* data = host.const_data_ptr<T>();
  out.insert(out.end(), data, data + host.numel());
}

void RequireFinite(bool finite) {
  if (!finite) throw Error("ERR_NOT_FINITE", "Expected finite logits but the model computed NaN or infinity.");
}

// logits [n, V], targets [n]. Row by row, without another tensor of their size.
void AppendOnCpu(Scores& out, const at::Tensor& logits, const at::Tensor& targets) {
  const int64_t count = logits.size(0);
  const int64_t V = logits.size(1);
  const float* rows = logits.const_data_ptr<float>();
  const int64_t* tokens = targets.const_data_ptr<int64_t>();
  const size_t before = out.logprobs.size();
  const size_t after = before + static_cast<size_t>(count);
  out.logprobs.resize(after);
  out.means.resize(after);
  out.variances.resize(after);
  out.ranks.resize(after);
  out.hits.resize(after);
  std::atomic<bool> finite{true};
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = rows + i * V;
      const size_t at = before + static_cast<size_t>(i);
      const LogitMoments moments = MomentsOf(row, V);
      if (!std::isfinite(moments.normalizer)) finite = false;
      out.logprobs[at] = row[tokens[i]] - moments.normalizer;
      out.means[at] = moments.mean;
      out.variances[at] = moments.variance;
      out.ranks[at] = static_cast<int32_t>(RankOf(row, V, tokens[i]));
      out.hits[at] = out.ranks[at] == 0;
    }
  });
  RequireFinite(finite);
}

// The same on a device, logits [n, V], targets [n, 1].
void AppendByTensors(Scores& out, const at::Tensor& logits, const at::Tensor& targets) {
  const at::Tensor normalizer = at::logsumexp(logits, {1});  // [n]
  RequireFinite(at::isfinite(normalizer).all().item<bool>());
  const at::Tensor logprobs = logits - normalizer.unsqueeze(1);  // [n, V]
  const at::Tensor probabilities = logprobs.exp();
  const at::Tensor mean = (probabilities * logprobs).sum(1);
  const at::Tensor variance = (probabilities * logprobs.square()).sum(1) - mean.square();
  const at::Tensor own = logits.gather(1, targets);  // [n, 1]
  const at::Tensor ids = at::arange(logits.size(1), targets.options()).unsqueeze(0);
  const at::Tensor before = logits.gt(own).logical_or_(logits.eq(own).logical_and_(ids.lt(targets)));
  const at::Tensor ranks = before.sum(1).to(at::kInt);
  Append<float>(out.logprobs, own.squeeze(1) - normalizer);
  Append<float>(out.means, mean);
  Append<float>(out.variances, variance);
  Append<int32_t>(out.ranks, ranks);
  Append<uint8_t>(out.hits, ranks.eq(0).to(at::kByte));
}

// Log-probabilities of targets [n] under the rule in place of the last n of the model's. On the host, wherever the logits
// [n, V] are: sampling decides there too which tokens stay.
void ReplaceByRule(std::vector<float>& logprobs, const at::Tensor& logits, const at::Tensor& targets,
                   const SamplingRule& rule) {
  const at::Tensor rows = logits.cpu().contiguous();
  const at::Tensor tokens = targets.cpu();
  const int64_t count = rows.size(0);
  const int64_t V = rows.size(1);
  float* out = logprobs.data() + (logprobs.size() - static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    SamplerScratch scratch;
    for (int64_t i = begin; i < end; ++i) {
      out[i] = static_cast<float>(
          LogProbabilityUnder(rows.const_data_ptr<float>() + i * V, V, rule, tokens.const_data_ptr<int64_t>()[i], scratch));
    }
  });
}

// Hidden states of the batch, [B, T, C], after the tokens that all of it follows.
at::Tensor States(const Transformer& model, const TokenBatch& batch, const std::vector<int32_t>& after, at::Device device) {
  const at::Tensor padded = batch.Padded(device);
  if (after.empty()) return model.Forward(padded, batch.lengths);
  const TokenBatch before{after, {static_cast<int32_t>(after.size())}};
  KeyValueCache cache = model.MakeCache(1, before.lengths[0]);
  model.Forward(before.Padded(device), before.lengths, &cache);
  return model.ForwardAfter(padded, cache);
}

}  // namespace

at::Tensor PredictingPositions(const TokenBatch& batch, at::Device device) {
  const int64_t T = batch.longest();
  std::vector<int64_t> out;
  for (size_t row = 0; row < batch.rows(); ++row) {
    for (int64_t t = 0; t + 1 < batch.lengths[row]; ++t) out.push_back(static_cast<int64_t>(row) * T + t);
  }
  return Indices(out, device);
}

at::Tensor PredictedTokens(const TokenBatch& batch, at::Device device) {
  std::vector<int64_t> out;
  const int32_t* row = batch.tokens.data();
  for (const int32_t length : batch.lengths) {
    out.insert(out.end(), row + 1, row + length);
    row += length;
  }
  return Indices(out, device);
}

Scores Score(const Transformer& model, const TokenBatch& batch, const ScoreOptions& options, at::Device device,
             const Cancel& cancel) {
  c10::InferenceMode inference;
  cancel.Check();
  const at::Tensor hidden = States(model, batch, options.after, device).flatten(0, 1);    // [B * T, C]
  const at::Tensor states = hidden.index_select(0, PredictingPositions(batch, device));   // [N, C]
  const at::Tensor targets = PredictedTokens(batch, device);                              // [N]
  Scores out;
  const int64_t at_once = device.is_cpu() ? kPositionsAtOnceOnCpu : kPositionsAtOnce;
  for (int64_t begin = 0; begin < states.size(0); begin += at_once) {
    cancel.Check();
    const int64_t count = std::min(at_once, states.size(0) - begin);
    const at::Tensor logits = model.Logits(states.narrow(0, begin, count));  // [n, V]
    const at::Tensor target = targets.narrow(0, begin, count);               // [n]
    if (device.is_cpu()) {
      AppendOnCpu(out, logits.contiguous(), target);
    } else {
      AppendByTensors(out, logits, target.unsqueeze(1));
    }
    if (options.rule.has_value()) ReplaceByRule(out.logprobs, logits, target, *options.rule);
  }
  return out;
}

at::Tensor Encode(const Transformer& model, const TokenBatch& batch, int64_t layers, at::Device device,
                  const Cancel& cancel) {
  c10::InferenceMode inference;
  cancel.Check();
  const int64_t T = batch.longest();
  const at::Tensor hidden = model.Forward(batch.Padded(device), batch.lengths, nullptr, layers).flatten(0, 1);
  std::vector<int64_t> real;
  for (size_t row = 0; row < batch.rows(); ++row) {
    for (int64_t t = 0; t < batch.lengths[row]; ++t) real.push_back(static_cast<int64_t>(row) * T + t);
  }
  return hidden.index_select(0, Indices(real, device)).to(at::kFloat).cpu().contiguous();
}

}  // namespace lethe
