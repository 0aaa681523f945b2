// Teacher-forced scoring: how well the model knows each token given what precedes it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "sampler.h"
#include "transformer.h"

namespace lethe {

// Entries of tokens 2..T of each sequence, laid end to end.
struct Scores {
  std::vector<float> logprobs;
  std::vector<uint8_t> hits;
  std::vector<int32_t> ranks;
  // Mean and variance of log p over the vocabulary under p itself, of each predicting position (Min-K++).
  std::vector<float> means;
  std::vector<float> variances;
};

struct ScoreOptions {
  // Tokens that every sequence follows, computed once; none has sequences begin where the model's context does.
  std::vector<int32_t> after;
  // Log-probabilities, and nothing else, are those of this rule; without it, of the model.
  std::optional<SamplingRule> rule;
};

// Throws ERR_NOT_FINITE when a logit is NaN or infinite.
Scores Score(const Transformer& model, const TokenBatch& batch, const ScoreOptions& options, at::Device device,
             const Cancel& cancel);

// Hidden states after `layers` layers (< 0: all, and the last norm) of each sequence's tokens, laid end to end, float32.
at::Tensor Encode(const Transformer& model, const TokenBatch& batch, int64_t layers, at::Device device, const Cancel& cancel);

// Flat indices into [B, T] of the positions that predict a token (all but each sequence's last), int64 [N].
at::Tensor PredictingPositions(const TokenBatch& batch, at::Device device);
// The token ids that those positions predict, int64 [N].
at::Tensor PredictedTokens(const TokenBatch& batch, at::Device device);

}  // namespace lethe
