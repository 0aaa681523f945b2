// Teacher-forced scoring: how well the model knows each token given what precedes it.
#pragma once

#include <cstdint>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "decoder.h"

namespace lethe {

// Entries of tokens 2..T of each sequence, laid end to end.
struct Scores {
  std::vector<float> logprobs;
  std::vector<uint8_t> hits;
  std::vector<int32_t> ranks;
};

// Throws ERR_NOT_FINITE when a logit is NaN or infinite.
Scores Score(const Decoder& decoder, const TokenBatch& batch, at::Device device, const Cancel& cancel);

// Flat indices into [B, T] of the positions that predict a token (all but each sequence's last), int64 [N].
at::Tensor PredictingPositions(const TokenBatch& batch, at::Device device);
// The token ids that those positions predict, int64 [N].
at::Tensor PredictedTokens(const TokenBatch& batch, at::Device device);

}  // namespace lethe
