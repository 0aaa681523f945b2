// Attention of one new position per row over what its cache holds, in float32 on the CPU: a step of decoding.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace lethe {

// Whether there is a kernel for these tensors: float32, on a processor with AVX-512 or AVX2.
bool HasAttentionKernel(const at::Tensor& queries);

// queries [R, H, D], keys and values [R, KV, D] of the new positions, positions [R] (int64); cached_keys and
// cached_values [R, capacity, KV, D] take up the new position and are then attended to: all earlier ones, or the last
// `window` if that is not 0. Query heads are grouped by the key head that they share. Returns [R, H, D].
//
// A row's result depends, bit for bit, on that row alone.
at::Tensor AttendToCache(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                         const at::Tensor& positions, int64_t window, double scale, at::Tensor& cached_keys,
                         at::Tensor& cached_values);

}  // namespace lethe
