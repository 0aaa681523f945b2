#include "linear.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string>

#include "dense.h"

namespace lethe {
namespace {

// The operator of torch's inductor; absent from builds without oneDNN.
const std::optional<c10::OperatorHandle>& OneDnnLinear() {
  static const std::optional<c10::OperatorHandle> handle =
      c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  return handle;
}

// Called boxed: the types of its string arguments differ between the releases that we build against.
at::Tensor CallOneDnn(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  std::vector<c10::IValue> stack;
  stack.emplace_back(x);
  stack.emplace_back(weight);
  stack.emplace_back(bias);
  stack.emplace_back(std::string("none"));
  stack.emplace_back(c10::List<std::optional<at::Scalar>>());
  stack.emplace_back(c10::IValue());
  OneDnnLinear()->callBoxed(stack);
  return stack.front().toTensor();
}

// By libtorch: oneDNN is 2 to 5 times as fast as the BLAS of at::linear on the machines measured.
at::Tensor LibraryProduct(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  return OneDnnLinear() ? CallOneDnn(x, weight, bias) : at::linear(x, weight, bias);
}

at::Tensor Multiply(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (HasDenseKernel()) return MultiplyDense(x, weight, bias);
  if (x.size(0) != 1) return LibraryProduct(x, weight, bias);
  // A single row takes a kernel with another order of summation; two rows cost the same and sum like many.
  return LibraryProduct(at::cat({x, x}), weight, bias).narrow(0, 0, 1);
}

// Neither our kernel nor oneDNN's operator has a derivative of its own.
class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    return Multiply(x, weight, bias);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];                         // [N, in]
    const at::Tensor& weight = saved[1];                    // [out, in]
    const at::Tensor gradient = gradients[0].contiguous();  // [N, out]
    at::Tensor to_x;
    at::Tensor to_weight;
    at::Tensor to_bias;
    if (context->needs_input_grad(0)) to_x = LibraryProduct(gradient, weight.t(), std::nullopt);
    if (context->needs_input_grad(1)) to_weight = LibraryProduct(gradient.t(), x.t(), std::nullopt);
    if (context->saved_data["bias"].toBool()) to_bias = gradient.sum(0);
    return {to_x, to_weight, to_bias};
  }
};

}  // namespace

at::Tensor ApplyLinear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || x.size(0) == 0) return at::linear(x, weight, bias);
  const bool differentiate = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
  return differentiate ? LinearFunction::apply(x, weight, bias) : Multiply(x, weight, bias);
}

}  // namespace lethe
