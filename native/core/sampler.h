// Choosing one token from logits: small pure functions over a row; randomness is an argument.
#pragma once

#include <cstdint>
#include <vector>

namespace lethe {

struct SamplingRule {
  double temperature = 1.0;  // > 0
  int64_t top_k = 0;         // 0 keeps all
  double top_p = 1.0;        // 1 keeps all
};

// The n-th number in [0, 1) of the stream `seed` (SplitMix64, so any element is reached directly).
double Coin(uint64_t seed, uint64_t n);

// Index of the largest logit, of equal ones the lowest; -1 if one is NaN or +infinity.
int64_t Argmax(const float* logits, int64_t size);

// Applies temperature, then top-k (ties with the k-th stay), then top-p (the smallest set of most likely tokens whose
// probabilities reach top_p; at least one), in transformers' order, and draws with `coin`; -1 as for Argmax.
// `scratch` is reused between calls.
int64_t Sample(const float* logits, int64_t size, const SamplingRule& rule, double coin,
               std::vector<std::pair<float, int64_t>>& scratch);

}  // namespace lethe
