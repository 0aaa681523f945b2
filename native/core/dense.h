// The product of rows with a weight matrix in float32 on the CPU, which is most of what decoding and scoring compute.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace lethe {

// Whether this processor has a kernel: x86 with AVX-512, or with AVX2 and FMA.
bool HasDenseKernel();

// x [N, in] times weight [out, in] transposed, plus bias [out] -> [N, out]; float32 on the CPU, only where
// HasDenseKernel(). Not differentiable.
//
// An element is summed in an order that depends on `in` alone: it is the same, bit for bit, however many rows come with
// it and however many threads share the work. A generated text is independent of its batch because of it.
at::Tensor MultiplyDense(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

}  // namespace lethe
