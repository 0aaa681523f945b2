// Objectives as data: a list of weighted terms over token sets, and their gradient.
#pragma once

#include <cstdint>
#include <vector>

#include "batch.h"
#include "cancel.h"
#include "transformer.h"

namespace lethe {

enum class Loss { kNll, kKl };

// What the losses of a group's tokens become: their mean, or their sum divided by the documents of the group.
enum class Reduction { kMean, kPerDocument };

// `weight` times the loss over the tokens of set number `set`: reduced within each group of documents, then averaged over
// the groups that hold a token of the set.
// kNll: -log p(token). kKl: KL(p_reference || p_model) of the distribution that predicts the token, both sides raised by
// 1e-10 as published, so that a token that the model holds impossible costs 23 nats and not infinitely many.
struct Term {
  Loss loss = Loss::kNll;
  int set = 0;
  double weight = 1;
  Reduction reduction = Reduction::kMean;
};

// What passes through the model at once. It bounds memory; the mathematics know groups alone.
struct MicroBatch {
  TokenBatch tokens;
  // Bit s says that the token belongs to set s. The first token of a sequence is predicted by nothing and never counts.
  std::vector<uint8_t> sets;
  // Of each sequence, the group of documents whose losses are reduced together: from 0 to the number of sequences - 1.
  std::vector<int32_t> groups;
};

struct ObjectiveValue {
  double loss = 0;
  std::vector<double> means;  // one per term, without its weight; NaN where its set is empty
};

// Adds d(objective)/d(parameters) to the gradients. `reference` may be null if no term is kKl.
ObjectiveValue Accumulate(const std::vector<Term>& terms, const std::vector<MicroBatch>& batches, const Transformer& trained,
                          const Transformer* reference, at::Device device, const Cancel& cancel);

}  // namespace lethe
