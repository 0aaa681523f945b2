// Objectives as data: a list of terms over token sets, each a weighted mean, and their gradient.
#pragma once

#include <cstdint>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "transformer.h"

namespace lethe {

enum class Loss { kNll, kKl };

// `weight` times the mean of the loss over the tokens of set number `set` in all micro-batches together.
// kNll: -log p(token). kKl: KL(p_reference || p_model) of the distribution that predicts the token.
struct Term {
  Loss loss = Loss::kNll;
  int set = 0;
  double weight = 1;
};

struct MicroBatch {
  TokenBatch tokens;
  // Bit s says that the token belongs to set s. The first token of a sequence is predicted by nothing and never counts.
  std::vector<uint8_t> sets;
};

struct ObjectiveValue {
  double loss = 0;
  std::vector<double> means;  // one per term; NaN where its set is empty
};

// Adds d(objective)/d(parameters) to the gradients. `reference` may be null if no term is kKl.
ObjectiveValue Accumulate(const std::vector<Term>& terms, const std::vector<MicroBatch>& batches, const Transformer& trained,
                          const Transformer* reference, at::Device device, const Cancel& cancel);

}  // namespace lethe
