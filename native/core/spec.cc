#include "spec.h"

#include <string>

#include "error.h"

namespace lethe {
namespace {

void Require(bool holds, const std::string& expected) {
  if (!holds) throw Error("ERR_MODEL_FORMAT", "Expected " + expected + " in the model's config but found another value.");
}

void RequireRange(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  throw Error("ERR_MODEL_FORMAT", std::string("Expected ") + name + " between " + std::to_string(low) + " and " +
                                      std::to_string(high) + " but found " + std::to_string(value) + ".");
}

}  // namespace

void Validate(const TransformerSpec& spec) {
  // Far above every model of the field; small enough that no product of two of them overflows.
  constexpr int64_t kMaxSize = int64_t{1} << 24;
  constexpr int64_t kMaxLayers = 4096;
  RequireRange("a vocabulary size", spec.vocabulary_size, 1, kMaxSize);
  RequireRange("a hidden size", spec.hidden_size, 1, kMaxSize);
  RequireRange("a number of layers", spec.layers, 1, kMaxLayers);
  RequireRange("a context length", spec.context_length, 1, kMaxSize);
  RequireRange("an intermediate size", spec.mlp.size, 1, kMaxSize);
  RequireRange("a number of heads", spec.attention.heads, 1, kMaxSize);
  RequireRange("a head size", spec.attention.head_size, 1, kMaxSize);
  RequireRange("a number of key-value heads", spec.attention.key_value_heads, 1, spec.attention.heads);
  RequireRange("an attention size", spec.query_size(), 1, kMaxSize);
  Require(spec.attention.heads % spec.attention.key_value_heads == 0, "a number of heads that is a multiple of the key-value heads");
  Require(spec.attention.windows.size() == static_cast<size_t>(spec.layers), "one attention window per layer");
  for (const int64_t window : spec.attention.windows) RequireRange("an attention window", window, 0, kMaxSize);
  Require(2 * static_cast<int64_t>(spec.rotary.frequencies.size()) <= spec.attention.head_size,
          "at most as many rotary dimensions as a head has");
  RequireRange("a number of token types", spec.embedding.types, 0, kMaxSize);
  RequireRange("a position offset", spec.embedding.position_offset, 0, kMaxSize);
  RequireRange("a number of positions", spec.embedding.learned_positions, 0, kMaxSize);
  if (spec.embedding.learned_positions > 0) {
    Require(spec.context_length + spec.embedding.position_offset <= spec.embedding.learned_positions,
            "a position for every token of the context");
  }
}

}  // namespace lethe
