#include "model.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "error.h"
#include "memory.h"

namespace lethe {
namespace {

at::Device ParseDevice(const std::string& name) {
  at::Device device(at::kCPU);
  try {
    device = at::Device(name);
  } catch (const c10::Error&) {
    throw Error("ERR_INVALID_OPTION", "Expected cpu, cuda or cuda:N for device but received " + name + ".");
  }
  if (device.is_cuda() && !at::hasCUDA()) {
    throw Error("ERR_INVALID_OPTION", "Expected a CUDA build of libtorch and a GPU for device " + name +
                                          " but this libtorch has found none.");
  }
  if (!device.is_cuda() && !device.is_cpu()) {
    throw Error("ERR_INVALID_OPTION", "Expected cpu, cuda or cuda:N for device but received " + name + ".");
  }
  return device;
}

// Without it a training run on ragged batches had grown by 1.1 GB after 60 steps and went on. After every step it costs a
// quarter of a small model's time, in page faults; after every eighth 2%.
constexpr int64_t kStepsBetweenTrims = 8;

void WriteTensor(int fd, const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().cpu().contiguous();
  WriteAll(fd, host.const_data_ptr(), host.nbytes());
}

}  // namespace

Model::Model(const TransformerSpec& spec, at::Device device, at::ScalarType dtype, Parameters parameters)
    : spec_(spec), device_(device), dtype_(dtype), parameters_(std::move(parameters)),
      rotary_(spec_, at::TensorOptions().device(device).dtype(dtype)) {}

std::shared_ptr<Model> Model::Create(const TransformerSpec& spec, const std::string& device, at::ScalarType dtype,
                                     uint64_t seed, double initializer_range) {
  Validate(spec);
  const at::Device place = ParseDevice(device);
  return std::shared_ptr<Model>(
      new Model(spec, place, dtype, Parameters::Create(spec, place, dtype, seed, initializer_range)));
}

std::shared_ptr<Model> Model::Load(const TransformerSpec& spec, const std::string& device, at::ScalarType dtype,
                                   const std::vector<ParameterSource>& sources) {
  Validate(spec);
  const at::Device place = ParseDevice(device);
  return std::shared_ptr<Model>(new Model(spec, place, dtype, Parameters::Load(spec, place, dtype, sources)));
}

std::shared_ptr<Model> Model::Snapshot() const {
  return std::shared_ptr<Model>(new Model(spec_, device_, dtype_, parameters_.Clone(spec_)));
}

Scores Model::ScoreBatch(const TokenBatch& batch, const ScoreOptions& options, const Cancel& cancel) const {
  batch.Validate(spec_);
  if (!options.after.empty()) {
    const auto before = static_cast<int32_t>(options.after.size());
    TokenBatch{options.after, {before}}.Validate(spec_);
    if (before + batch.longest() > spec_.context_length) {
      throw Error("ERR_CONTEXT_LENGTH", "Expected at most " + std::to_string(spec_.context_length) +
                                            " tokens (the model's context) for a sequence and what it follows but received " +
                                            std::to_string(before) + " + " + std::to_string(batch.longest()) + ".");
    }
  }
  std::shared_lock<std::shared_mutex> lock(weights_mutex_);
  return Score(transformer(), batch, options, device_, cancel);
}

at::Tensor Model::EncodeBatch(const TokenBatch& batch, int64_t layers, const Cancel& cancel) const {
  batch.Validate(spec_);
  if (layers > spec_.layers) {
    throw Error("ERR_INVALID_OPTION", "Expected at most " + std::to_string(spec_.layers) + " layers but received " +
                                          std::to_string(layers) + ".");
  }
  std::shared_lock<std::shared_mutex> lock(weights_mutex_);
  return Encode(transformer(), batch, layers, device_, cancel);
}

std::unique_ptr<Session> Model::OpenSession(const SessionOptions& options) const {
  return std::make_unique<Session>(spec_, options, at::TensorOptions().device(device_).dtype(dtype_));
}

void Model::AddPrompts(Session& session, const TokenBatch& prompts, const std::vector<int32_t>& ids,
                  const Cancel& cancel) const {
  std::shared_lock<std::shared_mutex> lock(weights_mutex_);
  session.AddPrompts(transformer(), prompts, ids, cancel);
}

StepResult Model::Step(Session& session, int64_t steps, const Cancel& cancel) const {
  std::shared_lock<std::shared_mutex> lock(weights_mutex_);
  return session.Step(transformer(), steps, cancel);
}

TrainStepResult Model::TrainStep(const TrainStepRequest& request, const Model* reference, const Cancel& cancel) {
  RequireTrainable();
  for (const MicroBatch& batch : request.micro_batches) {
    batch.tokens.Validate(spec_);
    if (batch.sets.size() != batch.tokens.tokens.size()) {
      throw Error("ERR_INVALID_OPTION", "Expected one entry of sets per token but received " +
                                            std::to_string(batch.sets.size()) + " for " +
                                            std::to_string(batch.tokens.tokens.size()) + " tokens.");
    }
    if (batch.groups.size() != batch.tokens.rows()) {
      throw Error("ERR_INVALID_OPTION", "Expected one group per sequence but received " + std::to_string(batch.groups.size()) +
                                            " for " + std::to_string(batch.tokens.rows()) + " sequences.");
    }
  }
  if (reference != nullptr && (reference->spec_.vocabulary_size != spec_.vocabulary_size ||
                               reference->spec_.context_length < spec_.context_length || reference->device_ != device_)) {
    throw Error("ERR_INVALID_OPTION",
                "Expected a reference model with the same vocabulary and context on the same device but received another.");
  }
  for (const at::Tensor& tensor : parameters_.tensors()) tensor.set_requires_grad(true);
  ClearGradients();
  TrainStepResult result;
  try {
    std::shared_lock<std::shared_mutex> reference_lock;
    std::unique_ptr<Transformer> frozen;
    if (reference != nullptr) {
      reference_lock = std::shared_lock<std::shared_mutex>(reference->weights_mutex_);
      frozen = std::make_unique<Transformer>(reference->spec_, reference->parameters_, reference->rotary_);
    }
    result.objective = Accumulate(request.terms, request.micro_batches, transformer(), frozen.get(), device_, cancel);
    result.grad_norm = ClipGradNorm(parameters_.tensors(), request.optimizer.max_grad_norm);
    if (!std::isfinite(result.grad_norm) || !std::isfinite(result.objective.loss)) {
      throw Error("ERR_NOT_FINITE", "Expected a finite loss and gradient but computed loss " +
                                        std::to_string(result.objective.loss) + " and gradient norm " +
                                        std::to_string(result.grad_norm) + "; the weights are as before the step.");
    }
    cancel.Check();
  } catch (...) {
    ClearGradients();
    throw;
  }
  std::unique_lock<std::shared_mutex> lock(weights_mutex_);
  optimizer_.Step(parameters_.tensors(), request.optimizer);
  if (optimizer_.steps() % kStepsBetweenTrims == 0) ReturnFreeMemory();
  return result;
}

at::Tensor Model::Read(const std::string& name, bool gradient) const {
  const at::Tensor& parameter = parameters_.tensors()[parameters_.IndexOf(name)];
  if (gradient && !parameter.grad().defined()) {
    throw Error("ERR_INVALID_OPTION", "Expected a gradient of " + name + " but no training step has made one.");
  }
  return (gradient ? parameter.grad() : parameter).detach().to(at::kFloat).cpu().contiguous();
}

void Model::WriteValues(int fd, const std::vector<Slice>& slices, const Cancel& cancel) const {
  for (const Slice& slice : slices) {
    cancel.Check();
    const at::Tensor& whole = parameters_.tensors()[parameters_.IndexOf(slice.name)];
    if (slice.first_row < 0 || slice.rows < 0 || slice.first_row + slice.rows > whole.size(0)) {
      throw Error("ERR_INVALID_OPTION", "Expected rows of " + slice.name + " but received rows beyond it.");
    }
    const at::Tensor rows = whole.detach().narrow(0, slice.first_row, slice.rows);
    WriteTensor(fd, slice.transposed ? rows.t() : rows);
  }
}

void Model::WriteMoments(int fd, const std::vector<std::string>& names, const Cancel& cancel) {
  for (const std::string& name : names) {
    cancel.Check();
    for (const at::Tensor& moment : optimizer_.Moments(parameters_.tensors(), parameters_.IndexOf(name))) {
      WriteTensor(fd, moment);
    }
  }
}

void Model::LoadMoments(const std::string& path, int64_t offset, const std::vector<std::string>& names, int64_t steps) {
  RequireTrainable();
  std::vector<size_t> order;
  for (const std::string& name : names) order.push_back(parameters_.IndexOf(name));
  optimizer_.Restore(parameters_.tensors(), order, InputFile(path), offset, steps);
}

void Model::ClearGradients() const {
  for (const at::Tensor& tensor : parameters_.tensors()) tensor.mutable_grad() = at::Tensor();
}

void Model::RequireTrainable() const {
  if (dtype_ == at::kFloat) return;
  throw Error("ERR_INVALID_OPTION",
              "Expected a float32 model for training but this one has fewer bits, which would lose small updates.");
}

}  // namespace lethe
