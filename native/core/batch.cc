#include "batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "error.h"

namespace lethe {

int64_t TokenBatch::longest() const { return *std::max_element(lengths.begin(), lengths.end()); }

void TokenBatch::Validate(const TransformerSpec& spec) const {
  if (lengths.empty()) throw Error("ERR_INVALID_OPTION", "Expected at least one sequence of tokens but received none.");
  int64_t total = 0;
  for (const int32_t length : lengths) {
    if (length < 1) throw Error("ERR_INVALID_OPTION", "Expected sequences of at least one token but received an empty one.");
    if (length > spec.context_length) {
      throw Error("ERR_CONTEXT_LENGTH", "Expected at most " + std::to_string(spec.context_length) +
                                            " tokens (the model's context) but received " + std::to_string(length) + ".");
    }
    total += length;
  }
  if (total != static_cast<int64_t>(tokens.size())) {
    throw Error("ERR_INVALID_OPTION", "Expected lengths that sum to " + std::to_string(tokens.size()) +
                                          " tokens but they sum to " + std::to_string(total) + ".");
  }
  for (const int32_t token : tokens) {
    if (token < 0 || token >= spec.vocabulary_size) {
      throw Error("ERR_VOCABULARY_MISMATCH", "Expected token ids from 0 to " + std::to_string(spec.vocabulary_size - 1) +
                                                 " (the model's vocabulary) but received " + std::to_string(token) + ".");
    }
  }
}

at::Tensor TokenBatch::Padded(at::Device device) const {
  const int64_t T = longest();
  at::Tensor out = at::zeros({static_cast<int64_t>(rows()), T}, at::kLong);
  int64_t* row = out.mutable_data_ptr<int64_t>();
  const int32_t* in = tokens.data();
  for (const int32_t length : lengths) {
    std::copy(in, in + length, row);
    in += length;
    row += T;
  }
  return out.to(device);
}

at::Tensor Indices(const std::vector<int64_t>& values, at::Device device) {
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.mutable_data_ptr<int64_t>());
  return out.to(device);
}

}  // namespace lethe
