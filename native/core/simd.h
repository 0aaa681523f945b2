// Vectors of floats whatever the instruction set: templates over the number of lanes, compiled once for each set by a
// function that carries its target attribute and inlines them. The rest of the addon is compiled for any processor.
#pragma once

#include <ATen/Version.h>

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
