#include "objective.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "error.h"

namespace lethe {
namespace {

constexpr int kSets = 8;

// The targets of a micro-batch that some term uses, and which sets each belongs to.
struct Targets {
  std::vector<int64_t> positions;  // flat index into [B, T] of the position that predicts the token
  std::vector<int64_t> tokens;
  std::vector<uint8_t> sets;
};

Targets TargetsOf(const MicroBatch& batch, uint8_t used) {
  Targets out;
  const int64_t T = batch.tokens.longest();
  size_t offset = 0;
  for (size_t row = 0; row < batch.tokens.rows(); ++row) {
    const auto length = static_cast<size_t>(batch.tokens.lengths[row]);
    for (size_t t = 1; t < length; ++t) {
      const uint8_t sets = batch.sets[offset + t];
      if ((sets & used) == 0) continue;
      out.positions.push_back(static_cast<int64_t>(row) * T + static_cast<int64_t>(t) - 1);
      out.tokens.push_back(batch.tokens.tokens[offset + t]);
      out.sets.push_back(sets);
    }
    offset += length;
  }
  return out;
}

at::Tensor Mask(const Targets& targets, int set, at::Device device) {  // [N] float, 1 in the set
  at::Tensor out = at::zeros({static_cast<int64_t>(targets.sets.size())}, at::kFloat);
  float* data = out.mutable_data_ptr<float>();
  for (size_t i = 0; i < targets.sets.size(); ++i) data[i] = static_cast<float>((targets.sets[i] >> set) & 1);
  return out.to(device);
}

}  // namespace

ObjectiveValue Accumulate(const std::vector<Term>& terms, const std::vector<MicroBatch>& batches, const Transformer& trained,
                          const Transformer* reference, at::Device device, const Cancel& cancel) {
  uint8_t used = 0;
  for (const Term& term : terms) {
    if (term.set < 0 || term.set >= kSets) {
      throw Error("ERR_INVALID_OPTION", "Expected a token set from 0 to 7 but received " + std::to_string(term.set) + ".");
    }
    if (term.loss == Loss::kKl && reference == nullptr) {
      throw Error("ERR_INVALID_OPTION", "Expected a reference model for a kl term but received none.");
    }
    used = static_cast<uint8_t>(used | (1u << term.set));
  }

  std::vector<Targets> targets;
  std::array<int64_t, kSets> counts{};
  for (const MicroBatch& batch : batches) {
    targets.push_back(TargetsOf(batch, used));
    for (const uint8_t sets : targets.back().sets) {
      for (int set = 0; set < kSets; ++set) counts[static_cast<size_t>(set)] += (sets >> set) & 1;
    }
  }

  ObjectiveValue value;
  value.means.assign(terms.size(), 0.0);
  for (size_t i = 0; i < batches.size(); ++i) {
    cancel.Check();
    if (targets[i].positions.empty()) continue;
    const at::Tensor ids = batches[i].tokens.Padded(device);
    const at::Tensor positions = Indices(targets[i].positions, device);                // [N]
    const at::Tensor chosen = Indices(targets[i].tokens, device).unsqueeze(1);         // [N, 1]
    const auto log_probabilities = [&](const Transformer& model) {                         // [N, V]
      return at::log_softmax(model.Logits(model.Forward(ids, batches[i].tokens.lengths).flatten(0, 1).index_select(0, positions)), 1);
    };
    at::Tensor expected;  // log p_reference
    if (reference != nullptr) {
      at::NoGradGuard frozen;
      expected = log_probabilities(*reference);
    }
    cancel.Check();
    const at::Tensor logp = log_probabilities(trained);
    at::Tensor loss = at::zeros({}, logp.options());
    for (size_t k = 0; k < terms.size(); ++k) {
      const int64_t count = counts[static_cast<size_t>(terms[k].set)];
      if (count == 0) continue;
      const at::Tensor losses = terms[k].loss == Loss::kNll ? logp.gather(1, chosen).squeeze(1).neg()
                                                            : (expected.exp() * (expected - logp)).sum(1);  // [N]
      const at::Tensor share = (losses * Mask(targets[i], terms[k].set, device)).sum() / static_cast<double>(count);
      value.means[k] += share.item<double>();
      loss = loss + share * terms[k].weight;
    }
    loss.backward();
  }

  for (size_t k = 0; k < terms.size(); ++k) {
    if (counts[static_cast<size_t>(terms[k].set)] == 0) {
      value.means[k] = std::numeric_limits<double>::quiet_NaN();
    } else {
      value.loss += terms[k].weight * value.means[k];
    }
  }
  return value;
}

}  // namespace lethe
