// Batched decoding with a key-value cache: ragged prompts, rows that share a prompt's prefill, one coin stream a row.
#pragma once

#include <cstdint>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "decoder.h"
#include "sampler.h"

namespace lethe {

struct GenerateRequest {
  TokenBatch prompts;
  std::vector<int32_t> row_prompts;  // which prompt row r continues
  std::vector<int32_t> row_starts;   // after how many of its tokens, >= 1
  std::vector<int32_t> max_tokens;
  std::vector<uint64_t> seeds;
  std::vector<float> temperatures;  // of the i-th new token, the last holds on; 0 is greedy
  int64_t top_k = 0;
  double top_p = 1.0;
  std::vector<int32_t> stop_ids;
};

enum class StopReason : uint8_t { kLength = 0, kStop = 1 };

struct Generation {
  std::vector<int32_t> tokens;  // rows laid end to end
  std::vector<int32_t> lengths;
  std::vector<uint8_t> stop_reasons;
};

Generation Generate(const DecoderSpec& spec, const Decoder& decoder, const GenerateRequest& request,
                    const at::TensorOptions& options, const Cancel& cancel);

}  // namespace lethe
