// What a row of logits says, on the CPU in one or two passes over it and without a second row-sized buffer.
#pragma once

#include <cstdint>

namespace lethe {

// Of softmax(logits): the log of its normalizer, and mean and variance of the log-probability under it (the moments of
// Min-K++). The normalizer is not finite where a logit is NaN or infinite.
struct LogitMoments {
  float normalizer;
  float mean;
  float variance;
};

// logits [size]; the same bit for bit for the same row, whatever is computed beside it.
LogitMoments MomentsOf(const float* logits, int64_t size);

// How many tokens come before `token` in the order of falling logits, of equal ones by falling id last: 0 for the argmax.
int64_t RankOf(const float* logits, int64_t size, int64_t token);

}  // namespace lethe
