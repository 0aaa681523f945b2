// A decoding session: a fixed number of slots over a key-value cache that is allocated once. Prompts are computed once
// however many rows continue them; rows enter and leave between steps; a row's tokens depend on its prompt, its rule
// and its seed only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "sampler.h"
#include "transformer.h"

namespace lethe {

struct RowRequest {
  int32_t id = 0;       // the caller's, unique among the rows of the session
  int32_t prompt = 0;   // the caller's id of a prompt that the session holds
  int32_t start = 0;    // continue this many of its tokens, >= 1
  int32_t max_tokens = 0;
  uint64_t seed = 0;    // the i-th new token takes the i-th coin of this stream
};

struct SessionOptions {
  int64_t slots = 1;
  int64_t capacity = 1;  // tokens of a row at most, prompt and continuation
  SamplingRule rule;
  std::vector<float> temperatures;  // of the i-th new token, the last holds on
  std::vector<int32_t> stop_ids;
};

enum class StopReason : uint8_t { kLength = 0, kStop = 1 };

// What some steps made, in order of time: token `tokens[i]` of row `rows[i]`.
struct StepResult {
  std::vector<int32_t> rows;
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  std::vector<int32_t> finished;  // rows that left
  std::vector<uint8_t> reasons;   // why, beside `finished`
};

class Session {
 public:
  Session(const TransformerSpec& spec, const SessionOptions& options, const at::TensorOptions& tensors);

  // Computes prompts and keeps them under `ids` until they are dropped.
  void AddPrompts(const Transformer& model, const TokenBatch& prompts, const std::vector<int32_t>& ids, const Cancel& cancel);
  void DropPrompts(const std::vector<int32_t>& ids);
  // Rows take free slots; throws ERR_INVALID_OPTION when there are too few.
  void AddRows(const std::vector<RowRequest>& rows);
  // Rows leave before they are finished (their text holds a stop string, say).
  void DropRows(const std::vector<int32_t>& ids);
  // Up to `steps` tokens for every row; returns early once a row has left.
  StepResult Step(const Transformer& model, int64_t steps, const Cancel& cancel);

  int64_t free_slots() const { return options_.slots - static_cast<int64_t>(rows_.size()); }

 private:
  struct Prompt {
    std::vector<int32_t> tokens;
    KeyValueCache cache;  // one row
    at::Tensor hidden;    // [T, C]
  };
  struct Row {
    RowRequest request;
    std::vector<int32_t> tokens;  // prompt part, then new ones
    int64_t made = 0;
    at::Tensor hidden;  // [C], of the last token; defined until its successor is drawn
  };

  struct Choice {
    int32_t token;
    float logprob;  // under the model's own distribution, before any rule
  };

  std::vector<Choice> Draw(const Transformer& model) const;
  void Remove(size_t slot);

  const TransformerSpec& spec_;
  const SessionOptions options_;
  const at::TensorOptions tensors_;
  KeyValueCache cache_;    // [slots, capacity, KV, D]; row i of `rows_` has slot i
  std::vector<Row> rows_;
  std::map<int32_t, Prompt> prompts_;
};

}  // namespace lethe
