#include "generate.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <string>
#include <utility>

#include "error.h"

namespace lethe {
namespace {

void ValidateRequest(const DecoderSpec& spec, const GenerateRequest& request) {
  request.prompts.Validate(spec);
  const size_t rows = request.row_prompts.size();
  if (request.row_starts.size() != rows || request.max_tokens.size() != rows || request.seeds.size() != rows) {
    throw Error("ERR_INVALID_OPTION", "Expected prompts, starts, maxTokens and seeds of the same length.");
  }
  if (rows == 0) throw Error("ERR_INVALID_OPTION", "Expected at least one row to generate but received none.");
  if (request.temperatures.empty()) throw Error("ERR_INVALID_OPTION", "Expected at least one temperature but received none.");
  for (size_t r = 0; r < rows; ++r) {
    const int32_t prompt = request.row_prompts[r];
    if (prompt < 0 || static_cast<size_t>(prompt) >= request.prompts.rows()) {
      throw Error("ERR_INVALID_OPTION", "Expected the index of a prompt but received " + std::to_string(prompt) + ".");
    }
    const int32_t start = request.row_starts[r];
    if (start < 1 || start > request.prompts.lengths[static_cast<size_t>(prompt)]) {
      throw Error("ERR_INVALID_OPTION", "Expected a start within the prompt but received " + std::to_string(start) + ".");
    }
    const int64_t total = static_cast<int64_t>(start) + request.max_tokens[r];
    if (request.max_tokens[r] < 0 || total > spec.context_length) {
      throw Error("ERR_CONTEXT_LENGTH", "Expected at most " + std::to_string(spec.context_length) +
                                            " tokens (the model's context) for a prompt and its continuation but received " +
                                            std::to_string(start) + " + " + std::to_string(request.max_tokens[r]) + ".");
    }
  }
}

// The rows still being decoded, in cache order.
struct Live {
  std::vector<size_t> rows;
  KeyValueCache cache;
};

class Decoding {
 public:
  Decoding(const DecoderSpec& spec, const Decoder& decoder, const GenerateRequest& request, const at::TensorOptions& options,
           const Cancel& cancel)
      : spec_(spec),
        decoder_(decoder),
        request_(request),
        options_(options),
        cancel_(cancel),
        out_(request.row_prompts.size()),
        reasons_(request.row_prompts.size(), StopReason::kLength) {}

  Generation Run() {
    at::Tensor hidden = Prefill();  // [R, C]
    while (!live_.rows.empty()) {
      cancel_.Check();
      const std::vector<int64_t> chosen = Choose(decoder_.Logits(hidden));
      const std::vector<int64_t> going = Append(chosen);
      if (going.empty()) break;
      hidden = Advance(chosen, going);
    }
    return Collect();
  }

 private:
  // Computes every prompt once, then gives each row its own copy of its prompt's slots.
  at::Tensor Prefill() {
    cancel_.Check();
    const int64_t T = request_.prompts.longest();
    KeyValueCache prompts = KeyValueCache::Create(spec_, static_cast<int64_t>(request_.prompts.rows()), T, options_);
    const at::Tensor hidden = decoder_.Forward(request_.prompts.Padded(options_.device()), &prompts);  // [P, T, C]
    std::vector<int64_t> source;
    std::vector<int64_t> last;
    int64_t capacity = 0;
    int64_t prefix = 0;
    for (size_t r = 0; r < request_.row_prompts.size(); ++r) {
      if (request_.max_tokens[r] > 0) live_.rows.push_back(r);
    }
    // Longest first: rows that end by length then leave from the end, and dropping them is a view and not a copy.
    std::stable_sort(live_.rows.begin(), live_.rows.end(),
                     [this](size_t a, size_t b) { return request_.max_tokens[a] > request_.max_tokens[b]; });
    for (const size_t r : live_.rows) {
      source.push_back(request_.row_prompts[r]);
      last.push_back(request_.row_prompts[r] * T + request_.row_starts[r] - 1);
      prefix = std::max<int64_t>(prefix, request_.row_starts[r]);
      capacity = std::max<int64_t>(capacity, request_.row_starts[r] + request_.max_tokens[r]);
    }
    if (live_.rows.empty()) return hidden;
    const at::Tensor index = Indices(source, options_.device());
    live_.cache = KeyValueCache::Create(spec_, index.size(0), capacity, options_);
    for (size_t layer = 0; layer < live_.cache.keys.size(); ++layer) {
      live_.cache.keys[layer].narrow(1, 0, prefix).copy_(prompts.keys[layer].narrow(1, 0, prefix).index_select(0, index));
      live_.cache.values[layer].narrow(1, 0, prefix).copy_(
          prompts.values[layer].narrow(1, 0, prefix).index_select(0, index));
    }
    return hidden.flatten(0, 1).index_select(0, Indices(last, options_.device()));
  }

  // One token for each live row from logits [R, V].
  std::vector<int64_t> Choose(const at::Tensor& logits) {
    const at::Tensor host = logits.cpu().contiguous();
    const float* data = host.const_data_ptr<float>();
    const int64_t V = host.size(1);
    std::vector<int64_t> chosen(live_.rows.size());
    at::parallel_for(0, static_cast<int64_t>(chosen.size()), 1, [&](int64_t begin, int64_t end) {
      std::vector<std::pair<float, int64_t>> scratch;
      for (int64_t i = begin; i < end; ++i) {
        const size_t row = live_.rows[static_cast<size_t>(i)];
        const size_t n = out_[row].size();
        const double temperature = request_.temperatures[std::min(n, request_.temperatures.size() - 1)];
        const float* own = data + i * V;
        chosen[static_cast<size_t>(i)] =
            temperature == 0
                ? Argmax(own, V)
                : Sample(own, V, {temperature, request_.top_k, request_.top_p}, Coin(request_.seeds[row], n), scratch);
      }
    });
    if (std::find(chosen.begin(), chosen.end(), -1) != chosen.end()) {
      throw Error("ERR_NOT_FINITE", "Expected finite logits but the model computed NaN or infinity.");
    }
    return chosen;
  }

  // Notes the tokens; returns the places in live order of the rows that go on.
  std::vector<int64_t> Append(const std::vector<int64_t>& chosen) {
    std::vector<int64_t> going;
    for (size_t i = 0; i < chosen.size(); ++i) {
      const size_t row = live_.rows[i];
      const auto token = static_cast<int32_t>(chosen[i]);
      out_[row].push_back(token);
      if (std::find(request_.stop_ids.begin(), request_.stop_ids.end(), token) != request_.stop_ids.end()) {
        reasons_[row] = StopReason::kStop;
      } else if (static_cast<int32_t>(out_[row].size()) < request_.max_tokens[row]) {
        going.push_back(static_cast<int64_t>(i));
      }
    }
    return going;
  }

  // Drops finished rows from the cache and runs the chosen tokens of the others through the model.
  at::Tensor Advance(const std::vector<int64_t>& chosen, const std::vector<int64_t>& going) {
    if (going.size() < live_.rows.size()) {
      const auto count = static_cast<int64_t>(going.size());
      live_.cache = going.back() == count - 1 ? live_.cache.First(count)
                                              : live_.cache.Select(Indices(going, options_.device()));
      std::vector<size_t> rows;
      for (const int64_t i : going) rows.push_back(live_.rows[static_cast<size_t>(i)]);
      live_.rows = std::move(rows);
    }
    std::vector<int64_t> tokens;
    std::vector<int64_t> positions;
    int64_t width = 0;
    for (size_t i = 0; i < going.size(); ++i) {
      const size_t row = live_.rows[i];
      const int64_t position = request_.row_starts[row] + static_cast<int64_t>(out_[row].size()) - 1;
      tokens.push_back(chosen[static_cast<size_t>(going[i])]);
      positions.push_back(position);
      width = std::max(width, position + 1);
    }
    return decoder_.Step(Indices(tokens, options_.device()), Indices(positions, options_.device()), width, live_.cache);
  }

  Generation Collect() const {
    Generation result;
    for (size_t r = 0; r < out_.size(); ++r) {
      result.tokens.insert(result.tokens.end(), out_[r].begin(), out_[r].end());
      result.lengths.push_back(static_cast<int32_t>(out_[r].size()));
      result.stop_reasons.push_back(static_cast<uint8_t>(reasons_[r]));
    }
    return result;
  }

  const DecoderSpec& spec_;
  const Decoder& decoder_;
  const GenerateRequest& request_;
  const at::TensorOptions options_;
  const Cancel& cancel_;
  Live live_;
  std::vector<std::vector<int32_t>> out_;
  std::vector<StopReason> reasons_;
};

}  // namespace

Generation Generate(const DecoderSpec& spec, const Decoder& decoder, const GenerateRequest& request,
                    const at::TensorOptions& options, const Cancel& cancel) {
  ValidateRequest(spec, request);
  c10::InferenceMode inference;
  return Decoding(spec, decoder, request, options, cancel).Run();
}

}  // namespace lethe
