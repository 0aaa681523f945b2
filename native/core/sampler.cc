#include "sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lethe {
namespace {

using Candidate = std::pair<float, int64_t>;  // logit, id

bool MoreLikely(const Candidate& a, const Candidate& b) {
  return a.first > b.first || (a.first == b.first && a.second < b.second);
}

void KeepTopK(std::vector<Candidate>& candidates, int64_t k) {
  if (k <= 0 || k >= static_cast<int64_t>(candidates.size())) return;
  std::nth_element(candidates.begin(), candidates.begin() + (k - 1), candidates.end(), MoreLikely);
  const float smallest = candidates[static_cast<size_t>(k - 1)].first;
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [smallest](const Candidate& candidate) { return candidate.first < smallest; }),
                   candidates.end());
}

}  // namespace

double Coin(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

int64_t Argmax(const float* logits, int64_t size) {
  int64_t best = 0;
  bool finite = true;
  for (int64_t i = 0; i < size; ++i) {
    finite = finite && logits[i] <= std::numeric_limits<float>::max();
    if (logits[i] > logits[best]) best = i;
  }
  return finite ? best : -1;
}

int64_t Sample(const float* logits, int64_t size, const SamplingRule& rule, double coin, std::vector<Candidate>& scratch) {
  const int64_t best = Argmax(logits, size);
  if (best < 0) return -1;
  scratch.clear();
  for (int64_t i = 0; i < size; ++i) scratch.emplace_back(logits[i], i);
  KeepTopK(scratch, rule.top_k);
  // Most likely first; by id among equals, so that the draw depends on the logits alone.
  std::sort(scratch.begin(), scratch.end(), MoreLikely);
  const double peak = logits[best];
  const auto weight = [&](const Candidate& candidate) { return std::exp((candidate.first - peak) / rule.temperature); };
  double total = 0;
  for (const Candidate& candidate : scratch) total += weight(candidate);
  size_t kept = scratch.size();
  if (rule.top_p < 1) {
    double reached = 0;
    kept = 0;
    while (kept < scratch.size() && (kept == 0 || reached < rule.top_p * total)) reached += weight(scratch[kept++]);
    total = reached;
  }
  double left = coin * total;
  for (size_t i = 0; i + 1 < kept; ++i) {
    left -= weight(scratch[i]);
    if (left < 0) return scratch[i].second;
  }
  return scratch[kept - 1].second;
}

}  // namespace lethe
