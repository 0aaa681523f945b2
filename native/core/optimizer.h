// Adam and AdamW over libtorch's fused kernels, with global gradient-norm clipping.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "files.h"

namespace lethe {

struct OptimizerSettings {
  enum class Kind { kAdam, kAdamW };
  Kind kind = Kind::kAdamW;
  double learning_rate = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double max_grad_norm = 0;  // 0 clips nothing
};

// Scales the gradients in place so that their global norm is at most `limit` (0: leaves them); returns the norm before.
double ClipGradNorm(const std::vector<at::Tensor>& parameters, double limit);

class Optimizer {
 public:
  void Step(const std::vector<at::Tensor>& parameters, const OptimizerSettings& settings);

  int64_t steps() const { return steps_; }
  // exp_avg and exp_avg_sq of a parameter, zeros before the first step.
  std::vector<at::Tensor> Moments(const std::vector<at::Tensor>& parameters, size_t index);
  void Restore(const std::vector<at::Tensor>& parameters, const std::vector<size_t>& order, const InputFile& file,
               int64_t offset, int64_t steps);

 private:
  void Allocate(const std::vector<at::Tensor>& parameters);

  std::vector<at::Tensor> exp_avg_;
  std::vector<at::Tensor> exp_avg_sq_;
  int64_t steps_ = 0;
};

}  // namespace lethe
