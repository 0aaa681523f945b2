#include "logits.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd.h"

namespace lethe {
namespace {

using simd::At;
using simd::Integers;
using simd::Lanes;
using simd::Total;

// Numbers summed in float32 before they are added up in float64.
constexpr int64_t kBlock = 4096;
// exp of anything less is 0 beside exp(0) = 1.
constexpr float kLeast = -87.0f;

template <int kLanes>
LETHE_INLINE LogitMoments Moments(const float* logits, int64_t size) {
  using Vector = typename Lanes<kLanes>::Type;
  float peak = -std::numeric_limits<float>::infinity();
  int64_t i = 0;
  if (size >= kLanes) {
    Vector largest = At<kLanes>(logits);
    for (; i + kLanes <= size; i += kLanes) largest = largest > At<kLanes>(logits + i) ? largest : At<kLanes>(logits + i);
    for (int lane = 0; lane < kLanes; ++lane) peak = std::max(peak, largest[lane]);
  }
  for (; i < size; ++i) peak = std::max(peak, logits[i]);

  double total = 0;
  double first = 0;
  double second = 0;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t end = std::min(size, begin + kBlock);
    Vector sums[3] = {};
    for (i = begin; i + kLanes <= end; i += kLanes) {
      Vector apart = At<kLanes>(logits + i) - peak;
      apart = apart < kLeast ? Vector{} + kLeast : apart;  // NaN stays
      Vector weight = apart;
      simd::Exp<kLanes>(weight);
      sums[0] += weight;
      sums[1] += weight * apart;
      sums[2] += weight * apart * apart;
    }
    total += Total<kLanes>(sums[0]);
    first += Total<kLanes>(sums[1]);
    second += Total<kLanes>(sums[2]);
    for (; i < end; ++i) {
      const float apart = logits[i] - peak < kLeast ? kLeast : logits[i] - peak;
      const float weight = std::exp(apart);
      total += weight;
      first += weight * apart;
      second += weight * apart * apart;
    }
  }
  const double mean = first / total;
  const double log_total = std::log(total);
  return {static_cast<float>(peak + log_total), static_cast<float>(mean - log_total),
          static_cast<float>(std::max(0.0, second / total - mean * mean))};
}

template <int kLanes>
LETHE_INLINE int64_t Rank(const float* logits, int64_t size, int64_t token) {
  const float own = logits[token];
  typename Integers<kLanes>::Type counts = {};
  int64_t before = 0;
  int64_t i = 0;
  for (; i + kLanes <= token; i += kLanes) counts -= At<kLanes>(logits + i) >= own;
  for (; i < token; ++i) before += logits[i] >= own ? 1 : 0;
  for (i = token + 1; i + kLanes <= size; i += kLanes) counts -= At<kLanes>(logits + i) > own;
  for (; i < size; ++i) before += logits[i] > own ? 1 : 0;
  for (int lane = 0; lane < kLanes; ++lane) before += counts[lane];
  return before;
}

struct Kernels {
  LogitMoments (*moments)(const float*, int64_t);
  int64_t (*rank)(const float*, int64_t, int64_t);
};

LogitMoments MomentsBaseline(const float* logits, int64_t size) { return Moments<4>(logits, size); }
int64_t RankBaseline(const float* logits, int64_t size, int64_t token) { return Rank<4>(logits, size, token); }

#if defined(__x86_64__)

[[gnu::target("avx512f")]] LogitMoments MomentsAvx512(const float* logits, int64_t size) { return Moments<16>(logits, size); }
[[gnu::target("avx512f")]] int64_t RankAvx512(const float* logits, int64_t size, int64_t token) {
  return Rank<16>(logits, size, token);
}
[[gnu::target("avx2,fma")]] LogitMoments MomentsAvx2(const float* logits, int64_t size) { return Moments<8>(logits, size); }
[[gnu::target("avx2,fma")]] int64_t RankAvx2(const float* logits, int64_t size, int64_t token) {
  return Rank<8>(logits, size, token);
}

#endif

const Kernels& Pick() {
  static const Kernels kernels = [] {
#if defined(__x86_64__)
    if (simd::ThisProcessors() == simd::InstructionSet::kAvx512) return Kernels{MomentsAvx512, RankAvx512};
    if (simd::ThisProcessors() == simd::InstructionSet::kAvx2) return Kernels{MomentsAvx2, RankAvx2};
#endif
    return Kernels{MomentsBaseline, RankBaseline};
  }();
  return kernels;
}

}  // namespace

LogitMoments MomentsOf(const float* logits, int64_t size) { return Pick().moments(logits, size); }

int64_t RankOf(const float* logits, int64_t size, int64_t token) { return Pick().rank(logits, size, token); }

}  // namespace lethe
