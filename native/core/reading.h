// Bringing tensors from files to their places in memory: once each, on all threads, a few megabytes at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lethe {

// A run of bytes in a file that holds rows of a parameter, in row-major order.
struct Piece {
  std::string path;
  int64_t offset = 0;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  bool transposed = false;  // the file holds [in, out]

  // [rows, ...] of the parameter.
  std::vector<int64_t> ParameterShape() const { return transposed ? std::vector(shape.rbegin(), shape.rend()) : shape; }
};

// `rows` has the piece's ParameterShape, and any dtype and device.
struct Filling {
  const Piece& piece;
  at::Tensor rows;
};

// Fills all of them. Beside the tensors it takes a few megabytes of memory for each thread.
void Fill(const std::vector<Filling>& fillings);

}  // namespace lethe
