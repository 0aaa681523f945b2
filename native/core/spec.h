// A transformer as a list of building blocks. TypeScript translates each family's config.json into this; nothing here
// or below knows a family's name.
#pragma once

#include <cstdint>
#include <vector>

namespace lethe {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu };

struct NormSpec {
  bool rms = false;          // RMSNorm, without mean and bias
  bool unit_offset = false;  // scales by 1 + weight (Gemma)
  double epsilon = 1e-5;
};

// Rotary positions: dimension pair i of the first `2 * frequencies.size()` dimensions of each head turns by
// position * frequencies[i]. Every published scaling (linear, llama3, ...) is a change of these numbers.
struct RotarySpec {
  std::vector<double> frequencies;
  bool interleaved = false;  // pairs are (2i, 2i + 1) instead of (i, i + n)
};

struct AttentionSpec {
  int64_t heads = 0;
  int64_t key_value_heads = 0;
  int64_t head_size = 0;
  double scale = 1.0;
  bool scale_by_layer = false;  // and by 1 / (layer + 1)
  bool causal = true;
  bool qkv_bias = true;
  bool out_bias = true;
  // Per layer: a token sees itself and this many - 1 tokens before it; 0 sees all.
  std::vector<int64_t> windows;
};

struct MlpSpec {
  int64_t size = 0;
  bool gated = false;
  bool bias = true;
  Activation activation = Activation::kGeluTanh;
};

enum class Residual {
  kPre,       // x + attention(norm(x)), then x + mlp(norm(x)), a last norm at the end
  kParallel,  // x + attention(norm(x)) + mlp(norm(x)), a last norm at the end
  kPost,      // norm(x + attention(x)), then norm(x + mlp(x))
};

struct EmbeddingSpec {
  double scale = 1.0;
  int64_t learned_positions = 0;  // rows of a learned position table; 0 has none
  int64_t position_offset = 0;    // the first token's row in it
  int64_t types = 0;              // rows of a token-type table, of which row 0 is used; 0 has none
  bool norm = false;              // a norm right after the embedding
};

enum class Head { kNone, kTied, kOwn };

struct TransformerSpec {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t layers = 0;
  int64_t context_length = 0;
  NormSpec norm;
  EmbeddingSpec embedding;
  RotarySpec rotary;
  AttentionSpec attention;
  MlpSpec mlp;
  Residual residual = Residual::kPre;
  Head head = Head::kTied;
  bool head_bias = false;

  int64_t query_size() const { return attention.heads * attention.head_size; }
  int64_t key_value_size() const { return attention.key_value_heads * attention.head_size; }
};

// Throws ERR_MODEL_FORMAT for sizes that no model has or that contradict each other, so that a hostile config cannot
// overflow arithmetic or reach outside a tensor.
void Validate(const TransformerSpec& spec);

}  // namespace lethe
