// A model in memory: its weights, its optimizer, and the verbs that Node may ask of it. Knows nothing of Node.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "cancel.h"
#include "objective.h"
#include "optimizer.h"
#include "parameters.h"
#include "score.h"
#include "session.h"
#include "spec.h"

namespace lethe {

struct TrainStepRequest {
  std::vector<MicroBatch> micro_batches;
  std::vector<Term> terms;
  OptimizerSettings optimizer;
};

struct TrainStepResult {
  ObjectiveValue objective;
  double grad_norm = 0;  // before clipping
};

class Model {
 public:
  static std::shared_ptr<Model> Create(const TransformerSpec& spec, const std::string& device, at::ScalarType dtype,
                                       uint64_t seed, double initializer_range);
  static std::shared_ptr<Model> Load(const TransformerSpec& spec, const std::string& device, at::ScalarType dtype,
                                     const std::vector<ParameterSource>& sources);
  std::shared_ptr<Model> Snapshot() const;

  Scores ScoreBatch(const TokenBatch& batch, const ScoreOptions& options, const Cancel& cancel) const;
  // `layers` < 0 runs all of them and the last norm.
  at::Tensor EncodeBatch(const TokenBatch& batch, int64_t layers, const Cancel& cancel) const;
  std::unique_ptr<Session> OpenSession(const SessionOptions& options) const;
  void AddPrompts(Session& session, const TokenBatch& prompts, const std::vector<int32_t>& ids,
                  const Cancel& cancel) const;
  StepResult Step(Session& session, int64_t steps, const Cancel& cancel) const;
  // Weights and optimizer state change only if everything before the update succeeded.
  TrainStepResult TrainStep(const TrainStepRequest& request, const Model* reference, const Cancel& cancel);

  // A parameter or its last gradient as float32 on the host.
  at::Tensor Read(const std::string& name, bool gradient) const;
  void WriteValues(int fd, const std::vector<Slice>& slices, const Cancel& cancel) const;
  // Per name exp_avg, exp_avg_sq as float32.
  void WriteMoments(int fd, const std::vector<std::string>& names, const Cancel& cancel);
  void LoadMoments(const std::string& path, int64_t offset, const std::vector<std::string>& names, int64_t steps);

  const TransformerSpec& spec() const { return spec_; }
  const Parameters& parameters() const { return parameters_; }
  at::ScalarType dtype() const { return dtype_; }
  int64_t optimizer_steps() const { return optimizer_.steps(); }

 private:
  Model(const TransformerSpec& spec, at::Device device, at::ScalarType dtype, Parameters parameters);
  Transformer transformer() const { return Transformer(spec_, parameters_, rotary_); }
  void ClearGradients() const;
  void RequireTrainable() const;

  TransformerSpec spec_;
  at::Device device_;
  at::ScalarType dtype_;
  Parameters parameters_;
  RotaryTable rotary_;
  Optimizer optimizer_;
  // Another model's training may read these weights as its reference while this model's thread updates them.
  mutable std::shared_mutex weights_mutex_;
};

}  // namespace lethe
