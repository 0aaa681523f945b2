// Choosing one token from logits: small pure functions over a row; randomness is an argument.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace lethe {

struct SamplingRule {
  double temperature = 1.0;         // 0 is greedy
  int64_t top_k = 0;                // 0 keeps all
  double top_p = 1.0;               // 1 keeps all
  double min_p = 0.0;               // 0 keeps all
  double repetition_penalty = 1.0;  // 1 leaves all
};

// The n-th number in [0, 1) of the stream `seed` (SplitMix64, so any element is reached directly).
double Coin(uint64_t seed, uint64_t n);

// Index of the largest logit, of equal ones the lowest; -1 if one is NaN or +infinity.
int64_t Argmax(const float* logits, int64_t size);

// Memory that choosing needs, reused between calls.
struct SamplerScratch {
  std::vector<float> logits;
  std::vector<std::pair<float, int64_t>> candidates;
};

// Applies in transformers' order the repetition penalty (Keskar et al. 2019) for the ids in `seen`, temperature, top-k
// (ties with the k-th stay), top-p (the fewest most likely tokens whose probabilities reach top_p) and min-p (tokens at
// least min_p times as likely as the most likely one), and draws with `coin`. At least one token always stays; -1 as for
// Argmax.
int64_t Choose(const float* logits, int64_t size, const SamplingRule& rule, const std::vector<int32_t>& seen, double coin,
              SamplerScratch& scratch);

// Natural-log probability with which Choose draws `token` where no token was seen before; minus infinity for one that the
// rule leaves out. NaN where Choose gives -1.
double LogProbabilityUnder(const float* logits, int64_t size, const SamplingRule& rule, int64_t token,
                           SamplerScratch& scratch);

}  // namespace lethe
