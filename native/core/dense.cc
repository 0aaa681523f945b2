#include "dense.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "simd.h"

namespace lethe {
namespace {

using simd::At;
using simd::Lanes;
using simd::Total;

// Rows of x that stay in the second-level cache while the weight goes by.
constexpr int64_t kBlockRows = 192;
// Inputs summed before the next ones: a tile of the weight stays in the first-level cache for all rows of a block.
constexpr int64_t kBlockInputs = 1024;

// y[row][output] += the products over `inputs` numbers, for kRows rows of x and kOutputs rows of the weight, which lies
// in memory as it is stored: a few rows cost what reading the weight costs. kFirst: these rows are the first that see
// this tile of the weight, and fetch the next one meanwhile (a tenth to a sixth of the time).
template <int kLanes, int kOutputs, int kRows, bool kFirst>
LETHE_INLINE void Tile(const float* x, const float* weight, int64_t stride, int64_t inputs, float* y, int64_t outputs) {
  using Vector = typename Lanes<kLanes>::Type;
  Vector sums[kOutputs][kRows] = {};
  const int64_t whole = inputs / kLanes * kLanes;
  for (int64_t k = 0; k < whole; k += kLanes) {
    Vector from[kRows];
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) from[r] = At<kLanes>(x + r * stride + k);
#pragma GCC unroll 16
    for (int o = 0; o < kOutputs; ++o) {
      const Vector by = At<kLanes>(weight + o * stride + k);
      if constexpr (kFirst) __builtin_prefetch(weight + (o + kOutputs) * stride + k);
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) sums[o][r] += by * from[r];
    }
  }
#pragma GCC unroll 16
  for (int o = 0; o < kOutputs; ++o) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      float total = Total<kLanes>(sums[o][r]);
      for (int64_t k = whole; k < inputs; ++k) total += weight[o * stride + k] * x[r * stride + k];
      y[r * outputs + o] += total;
    }
  }
}

template <int kLanes, int kOutputs, int kRows>
LETHE_INLINE void Rows(const float* x, int64_t rows, const float* weight, int64_t stride, int64_t inputs, float* y,
                       int64_t outputs) {
  int64_t r = 0;
  if (rows >= kRows) {
    Tile<kLanes, kOutputs, kRows, true>(x, weight, stride, inputs, y, outputs);
    for (r = kRows; r + kRows <= rows; r += kRows) {
      Tile<kLanes, kOutputs, kRows, false>(x + r * stride, weight, stride, inputs, y + r * outputs, outputs);
    }
  }
  for (; r < rows; ++r) {
    Tile<kLanes, kOutputs, 1, true>(x + r * stride, weight, stride, inputs, y + r * outputs, outputs);
  }
}

struct Product {
  const float* x;
  int64_t rows;
  int64_t inputs;
  const float* weight;
  const float* bias;
  int64_t outputs;
  float* y;
};

// Columns [first, last) of y. A tile is as large as the registers of the instruction set allow.
template <int kLanes, int kOutputs, int kRows>
LETHE_INLINE void Columns(const Product& p, int64_t first, int64_t last) {
  for (int64_t r = 0; r < p.rows; ++r) {
    for (int64_t o = first; o < last; ++o) p.y[r * p.outputs + o] = p.bias == nullptr ? 0.0f : p.bias[o];
  }
  for (int64_t row = 0; row < p.rows; row += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, p.rows - row);
    for (int64_t k = 0; k < p.inputs; k += kBlockInputs) {
      const int64_t inputs = std::min(kBlockInputs, p.inputs - k);
      const float* x = p.x + row * p.inputs + k;
      const float* weight = p.weight + k;
      float* y = p.y + row * p.outputs;
      int64_t o = first;
      for (; o + kOutputs <= last; o += kOutputs) {
        Rows<kLanes, kOutputs, kRows>(x, rows, weight + o * p.inputs, p.inputs, inputs, y + o, p.outputs);
      }
      for (; o < last; ++o) Rows<kLanes, 1, kRows>(x, rows, weight + o * p.inputs, p.inputs, inputs, y + o, p.outputs);
    }
  }
}

using Kernel = void (*)(const Product&, int64_t, int64_t);

#if defined(__x86_64__)

[[gnu::target("avx512f")]] void ColumnsAvx512(const Product& product, int64_t first, int64_t last) {
  Columns<16, 5, 4>(product, first, last);
}

[[gnu::target("avx2,fma")]] void ColumnsAvx2(const Product& product, int64_t first, int64_t last) {
  Columns<8, 3, 4>(product, first, last);
}

Kernel Pick() { return simd::ThisProcessors() == simd::InstructionSet::kAvx512 ? ColumnsAvx512 : ColumnsAvx2; }

#else

Kernel Pick() { return nullptr; }

#endif

}  // namespace

bool HasDenseKernel() { return simd::ThisProcessors() != simd::InstructionSet::kNone; }

at::Tensor MultiplyDense(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  const at::Tensor rows = x.contiguous();
  const at::Tensor matrix = weight.contiguous();
  const at::Tensor added = bias ? bias->contiguous() : at::Tensor();
  const at::Tensor y = at::empty({rows.size(0), matrix.size(0)}, rows.options());
  const Product product{rows.const_data_ptr<float>(),
                        rows.size(0),
                        rows.size(1),
                        matrix.const_data_ptr<float>(),
                        bias ? added.const_data_ptr<float>() : nullptr,
                        matrix.size(0),
                        y.mutable_data_ptr<float>()};
  const Kernel kernel = Pick();
  // In units that every tile's height divides, and at least some 64 KB of weight to a thread.
  constexpr int64_t kUnit = 15;
  const int64_t units = (product.outputs + kUnit - 1) / kUnit;
  const int64_t grain = std::max<int64_t>(1, 16384 / (kUnit * std::max<int64_t>(1, product.inputs)));
  at::parallel_for(0, units, grain, [&](int64_t begin, int64_t end) {
    kernel(product, begin * kUnit, std::min(end * kUnit, product.outputs));
  });
  return y;
}

}  // namespace lethe
