// Matrix products with weights: one place that knows which of libtorch's kernels is fast for what.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace lethe {

// x [N, in] times weight [out, in] transposed, plus bias [out] -> [N, out]. Differentiable.
//
// float32 on the CPU goes to our own kernel (dense.h) or, on processors without one, to oneDNN, instead of at::linear's
// BLAS: both are 2 to 5 times as fast on the machines measured (bench/results), and a row's result does not depend on
// how many rows come with it, bit for bit, which is what makes a generated text independent of its batch.
at::Tensor ApplyLinear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias = {});

}  // namespace lethe
