#include "attend.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "simd.h"

namespace lethe {
namespace {

using simd::At;
using simd::Lanes;
using simd::Total;

// One query head of one row: `count` keys and values of `size` numbers each, `stride` numbers apart.
struct Head {
  const float* query;
  const float* keys;
  const float* values;
  int64_t count;
  int64_t stride;
  int64_t size;
  float scale;
  float* weights;  // [count], scratch
  float* out;      // [size]
};

template <int kLanes>
LETHE_INLINE float Dot(const float* a, const float* b, int64_t size) {
  typename Lanes<kLanes>::Type sum = {};
  int64_t d = 0;
  for (; d + kLanes <= size; d += kLanes) sum += At<kLanes>(a + d) * At<kLanes>(b + d);
  float total = Total<kLanes>(sum);
  for (; d < size; ++d) total += a[d] * b[d];
  return total;
}

// out [d, d + kVectors * kLanes) = the weighted sum of the values' numbers there.
template <int kLanes, int kVectors>
LETHE_INLINE void Mix(const Head& head, int64_t d) {
  typename Lanes<kLanes>::Type sums[kVectors] = {};
  for (int64_t t = 0; t < head.count; ++t) {
    const float* value = head.values + t * head.stride + d;
#pragma GCC unroll 8
    for (int i = 0; i < kVectors; ++i) sums[i] += head.weights[t] * At<kLanes>(value + i * kLanes);
  }
  std::memcpy(head.out + d, sums, sizeof(sums));
}

template <int kLanes>
LETHE_INLINE void AttendHead(const Head& head) {
  float peak = -std::numeric_limits<float>::infinity();
  for (int64_t t = 0; t < head.count; ++t) {
    head.weights[t] = head.scale * Dot<kLanes>(head.query, head.keys + t * head.stride, head.size);
    peak = std::max(peak, head.weights[t]);
  }
  float total = 0;
  for (int64_t t = 0; t < head.count; ++t) {
    head.weights[t] = std::exp(head.weights[t] - peak);
    total += head.weights[t];
  }
  for (int64_t t = 0; t < head.count; ++t) head.weights[t] /= total;

  int64_t d = 0;
  for (; d + 4 * kLanes <= head.size; d += 4 * kLanes) Mix<kLanes, 4>(head, d);
  for (; d + kLanes <= head.size; d += kLanes) Mix<kLanes, 1>(head, d);
  for (; d < head.size; ++d) {
    float sum = 0;
    for (int64_t t = 0; t < head.count; ++t) sum += head.weights[t] * head.values[t * head.stride + d];
    head.out[d] = sum;
  }
}

using Kernel = void (*)(const Head&);

#if defined(__x86_64__)

[[gnu::target("avx512f")]] void AttendAvx512(const Head& head) { AttendHead<16>(head); }

[[gnu::target("avx2,fma")]] void AttendAvx2(const Head& head) { AttendHead<8>(head); }

Kernel Pick() { return simd::ThisProcessors() == simd::InstructionSet::kAvx512 ? AttendAvx512 : AttendAvx2; }

#else

Kernel Pick() { return nullptr; }

#endif

}  // namespace

bool HasAttentionKernel(const at::Tensor& queries) {
  return queries.is_cpu() && queries.scalar_type() == at::kFloat &&
         simd::ThisProcessors() != simd::InstructionSet::kNone;
}

at::Tensor AttendToCache(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                         const at::Tensor& positions, int64_t window, double scale, at::Tensor& cached_keys,
                         at::Tensor& cached_values) {
  const int64_t R = queries.size(0);
  const int64_t H = queries.size(1);
  const int64_t KV = keys.size(1);
  const int64_t D = queries.size(2);
  const int64_t row_stride = cached_keys.stride(0);
  const int64_t stride = KV * D;
  // The heads of a row lie side by side, in a narrowed projection too; only the rows may be further apart.
  const auto* query = queries.const_data_ptr<float>();
  const auto* key = keys.const_data_ptr<float>();
  const auto* value = values.const_data_ptr<float>();
  const auto* position = positions.const_data_ptr<int64_t>();
  float* cached_key = cached_keys.mutable_data_ptr<float>();
  float* cached_value = cached_values.mutable_data_ptr<float>();
  at::Tensor out = at::empty({R, H, D}, queries.options());
  float* mixed = out.mutable_data_ptr<float>();
  const int64_t longest = *std::max_element(position, position + R) + 1;
  const Kernel kernel = Pick();
  // At least some 64 KB of keys to a thread.
  const int64_t grain = std::max<int64_t>(1, 16384 / (longest * D));
  at::parallel_for(0, R * KV, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(static_cast<size_t>(longest));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / KV;
      const int64_t shared = i % KV;
      const int64_t at = row * row_stride + position[row] * stride + shared * D;
      std::memcpy(cached_key + at, key + row * keys.stride(0) + shared * D, sizeof(float) * static_cast<size_t>(D));
      std::memcpy(cached_value + at, value + row * values.stride(0) + shared * D, sizeof(float) * static_cast<size_t>(D));
      const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, position[row] - window + 1);
      const int64_t from = row * row_stride + first * stride + shared * D;
      for (int64_t head = shared * (H / KV); head < (shared + 1) * (H / KV); ++head) {
        kernel({query + row * queries.stride(0) + head * D, cached_key + from, cached_value + from,
                position[row] - first + 1, stride, D, static_cast<float>(scale), weights.data(), mixed + (row * H + head) * D});
      }
    }
  });
  return out;
}

}  // namespace lethe
