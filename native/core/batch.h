// Ragged token sequences, laid end to end, and their padded form.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "spec.h"

namespace lethe {

struct TokenBatch {
  std::vector<int32_t> tokens;
  std::vector<int32_t> lengths;

  size_t rows() const { return lengths.size(); }
  int64_t longest() const;
  // Throws unless the lengths add up, no sequence is empty or beyond the context, and every id is in the vocabulary.
  void Validate(const TransformerSpec& spec) const;
  // [B, T] int64, padded on the right with 0.
  at::Tensor Padded(at::Device device) const;
};

// int64 [N] on `device`.
at::Tensor Indices(const std::vector<int64_t>& values, at::Device device);

}  // namespace lethe
