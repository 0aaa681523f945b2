#include "optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

namespace lethe {
namespace {

std::vector<at::Tensor> Gradients(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) out.push_back(parameter.grad());
  }
  return out;
}

}  // namespace

double ClipGradNorm(const std::vector<at::Tensor>& parameters, double limit) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients = Gradients(parameters);
  if (gradients.empty()) return 0;
  const double norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients))).item<double>();
  // As torch.nn.utils.clip_grad_norm_ does it, 1e-6 included.
  if (limit > 0 && norm > limit) at::_foreach_mul_(gradients, limit / (norm + 1e-6));
  return norm;
}

void Optimizer::Step(const std::vector<at::Tensor>& parameters, const OptimizerSettings& settings) {
  at::NoGradGuard no_grad;
  Allocate(parameters);
  ++steps_;
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> first;
  std::vector<at::Tensor> second;
  std::vector<at::Tensor> counts;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].grad().defined()) continue;
    weights.push_back(parameters[i]);
    gradients.push_back(parameters[i].grad());
    first.push_back(exp_avg_[i]);
    second.push_back(exp_avg_sq_[i]);
    counts.push_back(at::full({}, static_cast<double>(steps_), parameters[i].options().dtype(at::kFloat)));
  }
  const auto apply = [&](auto update) {
    update(weights, gradients, first, second, std::vector<at::Tensor>{}, counts, settings.learning_rate, settings.beta1,
           settings.beta2, settings.weight_decay, settings.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  };
  if (settings.kind == OptimizerSettings::Kind::kAdamW) {
    apply([](auto&&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    apply([](auto&&... arguments) { at::_fused_adam_(arguments...); });
  }
}

std::vector<at::Tensor> Optimizer::Moments(const std::vector<at::Tensor>& parameters, size_t index) {
  Allocate(parameters);
  return {exp_avg_[index], exp_avg_sq_[index]};
}

void Optimizer::Restore(const std::vector<at::Tensor>& parameters, const std::vector<size_t>& order, const InputFile& file,
                        int64_t offset, int64_t steps) {
  at::NoGradGuard no_grad;
  Allocate(parameters);
  for (const size_t index : order) {
    for (at::Tensor* moment : {&exp_avg_[index], &exp_avg_sq_[index]}) {
      at::Tensor stored = at::empty(moment->sizes(), at::kFloat);
      file.Read(stored.data_ptr(), stored.nbytes(), offset);
      offset += static_cast<int64_t>(stored.nbytes());
      moment->copy_(stored);
    }
  }
  steps_ = steps;
}

void Optimizer::Allocate(const std::vector<at::Tensor>& parameters) {
  if (!exp_avg_.empty()) return;
  for (const at::Tensor& parameter : parameters) {
    exp_avg_.push_back(at::zeros_like(parameter, parameter.options().requires_grad(false)));
    exp_avg_sq_.push_back(at::zeros_like(parameter, parameter.options().requires_grad(false)));
  }
}

}  // namespace lethe
