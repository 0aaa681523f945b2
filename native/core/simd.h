// Vectors of floats whatever the instruction set: templates over the number of lanes, compiled once for each set by a
// function that carries its target attribute and inlines them. The rest of the addon is compiled for any processor.
#pragma once

#include <ATen/Version.h>

#include <cstdint>
#include <cstring>
#include <string>

#define LETHE_INLINE __attribute__((always_inline)) inline

namespace lethe::simd {

enum class InstructionSet { kNone, kAvx2, kAvx512 };

// The best one that this processor has and that there are kernels for. libtorch's ATEN_CPU_CAPABILITY ("avx2", "default")
// lowers it, as it lowers libtorch's own choice.
inline InstructionSet ThisProcessors() {
  static const InstructionSet set = [] {
    const std::string capability = at::get_cpu_capability();
    return capability == "AVX512" ? InstructionSet::kAvx512
           : capability == "AVX2" ? InstructionSet::kAvx2
                                  : InstructionSet::kNone;
  }();
  return set;
}

template <int kLanes>
struct Lanes {
  using Type [[gnu::vector_size(4 * kLanes), gnu::aligned(4), gnu::may_alias]] = float;
};

template <int kLanes>
LETHE_INLINE const typename Lanes<kLanes>::Type& At(const float* numbers) {
  return *reinterpret_cast<const typename Lanes<kLanes>::Type*>(numbers);
}

template <int kLanes>
struct Integers {
  using Type [[gnu::vector_size(4 * kLanes)]] = int32_t;
};

// x, in [-87, 88], becomes e to its power, within 2 units in the last place: x = n log 2 + r, a polynomial for e^r (the
// coefficients of Cephes' expf), and n added to the exponent.
template <int kLanes>
LETHE_INLINE void Exp(typename Lanes<kLanes>::Type& x) {
  using Vector = typename Lanes<kLanes>::Type;
  // Adding it leaves the nearest integer in the low bits.
  constexpr float kShift = 12582912.0f;
  const Vector shifted = x * 1.44269504088896341f + kShift;
  const Vector n = shifted - kShift;
  const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  typename Integers<kLanes>::Type exponent;
  std::memcpy(&exponent, &shifted, sizeof(exponent));
  exponent = (exponent - 0x4b400000 + 127) << 23;
  Vector power;
  std::memcpy(&power, &exponent, sizeof(power));
  x = p * power;
}

template <int kLanes>
LETHE_INLINE float Total(const typename Lanes<kLanes>::Type& lanes) {
  if constexpr (kLanes == 4) {
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
  } else {
    typename Lanes<kLanes / 2>::Type halves[2];
    std::memcpy(halves, &lanes, sizeof(lanes));
    halves[0] += halves[1];
    return Total<kLanes / 2>(halves[0]);
  }
}

}  // namespace lethe::simd
