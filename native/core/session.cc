#include "session.h"

#include <ATen/Parallel.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "error.h"
#include "logits.h"

namespace lethe {
namespace {

// Attention runs over a number of slots that is a multiple of this. Sums over 17 and over 18 slots may round
// differently even where the 18th weighs nothing, and a row's width would depend on its longest neighbour.
constexpr int64_t kSlotMultiple = 64;

int64_t RoundUp(int64_t slots) { return (slots + kSlotMultiple - 1) / kSlotMultiple * kSlotMultiple; }

}  // namespace

Session::Session(const TransformerSpec& spec, const SessionOptions& options, const at::TensorOptions& tensors)
    : spec_(spec), options_(options), tensors_(tensors) {
  if (options.slots < 1) throw Error("ERR_INVALID_OPTION", "Expected at least one slot but received none.");
  if (options.temperatures.empty()) throw Error("ERR_INVALID_OPTION", "Expected at least one temperature but received none.");
  if (!spec.attention.causal || spec.head == Head::kNone) {
    throw Error("ERR_INVALID_OPTION", "Expected a causal language model for generation but this model is an encoder.");
  }
  if (options.capacity < 1 || options.capacity > spec.context_length) {
    throw Error("ERR_CONTEXT_LENGTH", "Expected at most " + std::to_string(spec.context_length) +
                                          " tokens (the model's context) for a prompt and its continuation but received " +
                                          std::to_string(options.capacity) + ".");
  }
  c10::InferenceMode inference;
  cache_ = KeyValueCache::Create(spec, options.slots, RoundUp(options.capacity), tensors);
}

void Session::AddPrompts(const Transformer& model, const TokenBatch& prompts, const std::vector<int32_t>& ids,
                         const Cancel& cancel) {
  prompts.Validate(spec_);
  if (ids.size() != prompts.rows()) throw Error("ERR_INVALID_OPTION", "Expected one id per prompt but received another number.");
  c10::InferenceMode inference;
  const int32_t* tokens = prompts.tokens.data();
  for (size_t i = 0; i < ids.size(); ++i) {
    cancel.Check();
    // One at a time: no padding to compute, and no neighbour whose length could change how sums are rounded.
    const TokenBatch alone{{tokens, tokens + prompts.lengths[i]}, {prompts.lengths[i]}};
    Prompt prompt;
    prompt.cache = KeyValueCache::Create(spec_, 1, prompts.lengths[i], tensors_);
    prompt.hidden = model.Forward(alone.Padded(tensors_.device()), alone.lengths, &prompt.cache)[0];  // [T, C]
    prompt.tokens = alone.tokens;
    prompts_[ids[i]] = std::move(prompt);
    tokens += prompts.lengths[i];
  }
}

void Session::DropPrompts(const std::vector<int32_t>& ids) {
  for (const int32_t id : ids) prompts_.erase(id);
}

void Session::AddRows(const std::vector<RowRequest>& rows) {
  if (static_cast<int64_t>(rows.size()) > free_slots()) {
    throw Error("ERR_INVALID_OPTION", "Expected at most " + std::to_string(free_slots()) +
                                          " rows (the free slots) but received " + std::to_string(rows.size()) + ".");
  }
  c10::InferenceMode inference;
  for (const RowRequest& request : rows) {
    const auto found = prompts_.find(request.prompt);
    if (found == prompts_.end()) throw Error("ERR_INVALID_OPTION", "Expected the id of a prompt of the session but received another.");
    const Prompt& prompt = found->second;
    if (request.start < 1 || request.start > static_cast<int64_t>(prompt.tokens.size())) {
      throw Error("ERR_INVALID_OPTION", "Expected a start within the prompt but received " + std::to_string(request.start) + ".");
    }
    const int64_t total = static_cast<int64_t>(request.start) + request.max_tokens;
    if (request.max_tokens < 1 || total > options_.capacity) {
      throw Error("ERR_CONTEXT_LENGTH", "Expected 1 to " + std::to_string(options_.capacity - request.start) +
                                            " new tokens but received " + std::to_string(request.max_tokens) + ".");
    }
    const auto slot = static_cast<int64_t>(rows_.size());
    for (size_t layer = 0; layer < cache_.keys.size(); ++layer) {
      cache_.keys[layer][slot].narrow(0, 0, request.start).copy_(prompt.cache.keys[layer][0].narrow(0, 0, request.start));
      cache_.values[layer][slot].narrow(0, 0, request.start).copy_(prompt.cache.values[layer][0].narrow(0, 0, request.start));
    }
    Row row;
    row.request = request;
    row.tokens.assign(prompt.tokens.begin(), prompt.tokens.begin() + request.start);
    row.hidden = prompt.hidden[request.start - 1];
    rows_.push_back(std::move(row));
  }
}

void Session::DropRows(const std::vector<int32_t>& ids) {
  c10::InferenceMode inference;
  for (const int32_t id : ids) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [id](const Row& row) { return row.request.id == id; });
    if (found != rows_.end()) Remove(static_cast<size_t>(found - rows_.begin()));
  }
}

StepResult Session::Step(const Transformer& model, int64_t steps, const Cancel& cancel) {
  c10::InferenceMode inference;
  StepResult result;
  for (int64_t step = 0; step < steps && !rows_.empty() && result.finished.empty(); ++step) {
    cancel.Check();
    const std::vector<Choice> choices = Draw(model);
    std::vector<size_t> leaving;
    for (size_t i = 0; i < rows_.size(); ++i) {
      Row& row = rows_[i];
      const int32_t token = choices[i].token;
      row.tokens.push_back(token);
      ++row.made;
      result.rows.push_back(row.request.id);
      result.tokens.push_back(token);
      result.logprobs.push_back(choices[i].logprob);
      const bool stopped = std::find(options_.stop_ids.begin(), options_.stop_ids.end(), token) != options_.stop_ids.end();
      if (stopped || row.made == row.request.max_tokens) {
        leaving.push_back(i);
        result.finished.push_back(row.request.id);
        result.reasons.push_back(static_cast<uint8_t>(stopped ? StopReason::kStop : StopReason::kLength));
      }
    }
    for (auto slot = leaving.rbegin(); slot != leaving.rend(); ++slot) Remove(*slot);
    if (rows_.empty()) break;

    std::vector<int64_t> tokens;
    std::vector<int64_t> positions;
    for (const Row& row : rows_) {
      tokens.push_back(row.tokens.back());
      positions.push_back(static_cast<int64_t>(row.tokens.size()) - 1);
    }
    const int64_t width = RoundUp(*std::max_element(positions.begin(), positions.end()) + 1);
    KeyValueCache live = cache_.First(static_cast<int64_t>(rows_.size()));
    const at::Tensor hidden =
        model.Step(Indices(tokens, tensors_.device()), Indices(positions, tensors_.device()), width, live);
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i].hidden = hidden[static_cast<int64_t>(i)];
  }
  return result;
}

std::vector<Session::Choice> Session::Draw(const Transformer& model) const {
  std::vector<at::Tensor> hidden;
  for (const Row& row : rows_) hidden.push_back(row.hidden);
  const at::Tensor host = model.Logits(at::stack(hidden)).cpu().contiguous();  // [R, V]
  const int64_t V = host.size(1);
  std::vector<Choice> choices(rows_.size());
  std::atomic<bool> finite{true};
  at::parallel_for(0, static_cast<int64_t>(rows_.size()), 1, [&](int64_t begin, int64_t end) {
    SamplerScratch scratch;
    for (int64_t i = begin; i < end; ++i) {
      const Row& row = rows_[static_cast<size_t>(i)];
      SamplingRule rule = options_.rule;
      rule.temperature = options_.temperatures[std::min(static_cast<size_t>(row.made), options_.temperatures.size() - 1)];
      const float* own = host.const_data_ptr<float>() + i * V;
      const int64_t token =
          Choose(own, V, rule, row.tokens, Coin(row.request.seed, static_cast<uint64_t>(row.made)), scratch);
      if (token < 0) {
        finite = false;
      } else {
        choices[static_cast<size_t>(i)] = {static_cast<int32_t>(token),
                                           own[token] - MomentsOf(own, V).normalizer};
      }
    }
  });
  if (!finite) throw Error("ERR_NOT_FINITE", "Expected finite logits but the model computed NaN or infinity.");
  return choices;
}

void Session::Remove(size_t slot) {
  const size_t last = rows_.size() - 1;
  if (slot != last) {
    const auto length = static_cast<int64_t>(rows_[last].tokens.size());
    const auto to = static_cast<int64_t>(slot);
    const auto from = static_cast<int64_t>(last);
    for (size_t layer = 0; layer < cache_.keys.size(); ++layer) {
      cache_.keys[layer][to].narrow(0, 0, length).copy_(cache_.keys[layer][from].narrow(0, 0, length));
      cache_.values[layer][to].narrow(0, 0, length).copy_(cache_.values[layer][from].narrow(0, 0, length));
    }
    rows_[slot] = std::move(rows_[last]);
  }
  rows_.pop_back();
}

}  // namespace lethe
