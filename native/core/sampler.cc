#include "sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lethe {
namespace {

using Candidate = std::pair<float, int64_t>;  // logit, id

bool MoreLikely(const Candidate& a, const Candidate& b) {
  return a.first > b.first || (a.first == b.first && a.second < b.second);
}

void Penalize(std::vector<float>& logits, const std::vector<int32_t>& seen, double penalty) {
  std::vector<int32_t> distinct = seen;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (const int32_t token : distinct) {
    float& logit = logits[static_cast<size_t>(token)];
    logit = static_cast<float>(logit < 0 ? logit * penalty : logit / penalty);
  }
}

void KeepTopK(std::vector<Candidate>& candidates, int64_t k) {
  if (k <= 0 || k >= static_cast<int64_t>(candidates.size())) return;
  std::nth_element(candidates.begin(), candidates.begin() + (k - 1), candidates.end(), MoreLikely);
  const float smallest = candidates[static_cast<size_t>(k - 1)].first;
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [smallest](const Candidate& candidate) { return candidate.first < smallest; }),
                   candidates.end());
}

// Leaves the fewest most likely candidates whose weights reach `share` of the total, most likely first. Sorts only as
// far as it must: a peaked distribution of 50 000 tokens needs a few.
template <typename Weight>
void KeepTopP(std::vector<Candidate>& candidates, double share, const Weight& weight) {
  if (share >= 1) return;
  double total = 0;
  for (const Candidate& candidate : candidates) total += weight(candidate);
  double reached = 0;
  size_t kept = 0;
  size_t sorted = 0;
  while (kept < candidates.size() && (kept == 0 || reached < share * total)) {
    if (kept == sorted) {
      const size_t next = std::min(candidates.size(), std::max<size_t>(64, 2 * sorted));
      std::partial_sort(candidates.begin() + static_cast<std::ptrdiff_t>(sorted),
                        candidates.begin() + static_cast<std::ptrdiff_t>(next), candidates.end(), MoreLikely);
      sorted = next;
    }
    reached += weight(candidates[kept++]);
  }
  candidates.resize(kept);
}

// How much more or less likely than the most likely token a logit makes a token, by which candidates are drawn.
struct Weight {
  double peak;
  double temperature;
  double operator()(const Candidate& candidate) const { return std::exp((candidate.first - peak) / temperature); }
};

// What the rule leaves of all tokens, ordered by id: a sum over the candidates then depends on the probabilities alone
// and not on how they were found.
void Keep(std::vector<Candidate>& candidates, const float* logits, int64_t size, const SamplingRule& rule,
          const Weight& weight) {
  candidates.clear();
  for (int64_t i = 0; i < size; ++i) candidates.emplace_back(logits[i], i);
  KeepTopK(candidates, rule.top_k);
  KeepTopP(candidates, rule.top_p, weight);
  if (rule.min_p > 0) {
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& candidate) { return weight(candidate) < rule.min_p; }),
                     candidates.end());
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.second < b.second; });
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

int64_t Choose(const float* logits, int64_t size, const SamplingRule& rule, const std::vector<int32_t>& seen, double coin,
               SamplerScratch& scratch) {
  const float* ruled = logits;
  if (rule.repetition_penalty != 1.0) {
    scratch.logits.assign(logits, logits + size);
    Penalize(scratch.logits, seen, rule.repetition_penalty);
    ruled = scratch.logits.data();
  }
  const int64_t best = Argmax(ruled, size);
  if (best < 0 || rule.temperature == 0) return best;

  const Weight weight{ruled[best], rule.temperature};
  std::vector<Candidate>& candidates = scratch.candidates;
  Keep(candidates, ruled, size, rule, weight);
  double total = 0;
  for (const Candidate& candidate : candidates) total += weight(candidate);
  double left = coin * total;
  for (const Candidate& candidate : candidates) {
    left -= weight(candidate);
    if (left < 0) return candidate.second;
  }
  return candidates.back().second;
}

double LogProbabilityUnder(const float* logits, int64_t size, const SamplingRule& rule, int64_t token,
                           SamplerScratch& scratch) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const int64_t best = Argmax(logits, size);
  if (best < 0) return std::numeric_limits<double>::quiet_NaN();
  if (rule.temperature == 0) return token == best ? 0.0 : kNever;

  const Weight weight{logits[best], rule.temperature};
  Keep(scratch.candidates, logits, size, rule, weight);
  double total = 0;
  bool kept = false;
  for (const Candidate& candidate : scratch.candidates) {
    total += weight(candidate);
    kept = kept || candidate.second == token;
  }
  // Not the logarithm of a weight, which underflows where the logarithm itself is an ordinary number.
  return kept ? (logits[token] - weight.peak) / rule.temperature - std::log(total) : kNever;
}

}  // namespace lethe
