#include "objective.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "error.h"

namespace lethe {
namespace {

constexpr int kSets = 8;

constexpr double kFloor = 1e-10;

// The targets of a micro-batch that some term uses, and which sets and which group each belongs to.
struct Targets {
  std::vector<int64_t> positions;  // flat index into [B, T] of the position that predicts the token
  std::vector<int64_t> tokens;
  std::vector<uint8_t> sets;
  std::vector<size_t> groups;
};

struct Group {
  int64_t documents = 0;
  std::array<int64_t, kSets> tokens{};  // of each set
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
      out.groups.push_back(static_cast<size_t>(batch.groups[row]));
    }
    offset += length;
  }
  return out;
}

std::vector<Group> GroupsOf(const std::vector<MicroBatch>& batches, const std::vector<Targets>& targets) {
  size_t documents = 0;
  for (const MicroBatch& batch : batches) documents += batch.tokens.rows();
  std::vector<Group> groups(documents);
  for (const MicroBatch& batch : batches) {
    for (const int32_t group : batch.groups) {
      if (group < 0 || static_cast<size_t>(group) >= documents) {
        throw Error("ERR_INVALID_OPTION", "Expected groups from 0 to " + std::to_string(documents - 1) +
                                              " (one for each sequence at most) but received " + std::to_string(group) + ".");
      }
      ++groups[static_cast<size_t>(group)].documents;
    }
  }
  for (const Targets& batch : targets) {
    for (size_t i = 0; i < batch.sets.size(); ++i) {
      for (size_t set = 0; set < kSets; ++set) groups[batch.groups[i]].tokens[set] += (batch.sets[i] >> set) & 1;
    }
  }
  return groups;
}

// Groups that hold a token of each set.
std::array<int64_t, kSets> Present(const std::vector<Group>& groups) {
  std::array<int64_t, kSets> out{};
  for (const Group& group : groups) {
    for (size_t set = 0; set < kSets; ++set) out[set] += group.tokens[set] > 0;
  }
  return out;
}

// [N] float: what the loss of each target counts for in the term, 0 outside of its set.
at::Tensor Shares(const Targets& targets, const Term& term, const std::vector<Group>& groups, int64_t present,
                  at::Device device) {
  at::Tensor out = at::zeros({static_cast<int64_t>(targets.sets.size())}, at::kFloat);
  float* data = out.mutable_data_ptr<float>();
  const auto set = static_cast<size_t>(term.set);
  for (size_t i = 0; i < targets.sets.size(); ++i) {
    if (((targets.sets[i] >> set) & 1) == 0) continue;
    const Group& group = groups[targets.groups[i]];
    const int64_t of = term.reduction == Reduction::kMean ? group.tokens[set] : group.documents;
    data[i] = static_cast<float>(1.0 / (static_cast<double>(of) * static_cast<double>(present)));
  }
  return out.to(device);
}

// log(p + kFloor) of log p.
at::Tensor Raised(const at::Tensor& log_probabilities) {
  return at::logaddexp(log_probabilities, at::full({}, std::log(kFloor), log_probabilities.options()));
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
  for (const MicroBatch& batch : batches) targets.push_back(TargetsOf(batch, used));
  const std::vector<Group> groups = GroupsOf(batches, targets);
  const std::array<int64_t, kSets> present = Present(groups);

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
    at::Tensor expected;  // log p_reference, raised
    if (reference != nullptr) {
      at::NoGradGuard frozen;
      expected = Raised(log_probabilities(*reference));
    }
    cancel.Check();
    const at::Tensor logp = log_probabilities(trained);
    at::Tensor loss = at::zeros({}, logp.options());
    for (size_t k = 0; k < terms.size(); ++k) {
      const int64_t holders = present[static_cast<size_t>(terms[k].set)];
      if (holders == 0) continue;
      const at::Tensor losses = terms[k].loss == Loss::kNll ? logp.gather(1, chosen).squeeze(1).neg()
                                                            : (expected.exp() * (expected - Raised(logp))).sum(1);  // [N]
      const at::Tensor share = (losses * Shares(targets[i], terms[k], groups, holders, device)).sum();
      value.means[k] += share.item<double>();
      loss = loss + share * terms[k].weight;
    }
    loss.backward();
  }

  for (size_t k = 0; k < terms.size(); ++k) {
    if (present[static_cast<size_t>(terms[k].set)] == 0) {
      value.means[k] = std::numeric_limits<double>::quiet_NaN();
    } else {
      value.loss += terms[k].weight * value.means[k];
    }
  }
  return value;
}

}  // namespace lethe
