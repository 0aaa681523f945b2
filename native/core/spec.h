// A decoder-only transformer as data. TypeScript translates each family's config.json into this.
#pragma once

#include <cstdint>
#include <string>

namespace lethe {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu };

struct DecoderSpec {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t intermediate_size = 0;
  int64_t context_length = 0;
  double norm_epsilon = 1e-5;
  Activation activation = Activation::kGeluTanh;
  bool tied_head = true;
  bool scale_attention = true;
  bool scale_attention_by_layer = false;

  int64_t head_size() const { return hidden_size / heads; }
};

// Throws ERR_MODEL_FORMAT for sizes that no model has, so that a hostile config cannot overflow arithmetic or memory.
void Validate(const DecoderSpec& spec);

}  // namespace lethe
