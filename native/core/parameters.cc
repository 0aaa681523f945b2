#include "parameters.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/normal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/ScalarType.h>

#include <cmath>
#include <sstream>

#include "error.h"
#include "files.h"

namespace lethe {
namespace {

std::string Shape(const std::vector<int64_t>& shape) {
  std::ostringstream out;
  out << '[';
  for (size_t i = 0; i < shape.size(); ++i) out << (i == 0 ? "" : ", ") << shape[i];
  out << ']';
  return out.str();
}

int64_t Elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

at::Tensor ReadTensor(const ParameterShape& wanted, const TensorSource& source, at::Device device, at::ScalarType dtype) {
  if (source.shape != wanted.shape) {
    throw Error("ERR_MODEL_FORMAT", "Expected shape " + Shape(wanted.shape) + " for " + wanted.name + " in " + source.path +
                                        " but found " + Shape(source.shape) + ".");
  }
  const int64_t expected = Elements(wanted.shape) * static_cast<int64_t>(c10::elementSize(source.dtype));
  if (source.size_bytes != expected) {
    throw Error("ERR_MODEL_FORMAT", "Expected " + std::to_string(expected) + " bytes for " + wanted.name + " in " +
                                        source.path + " but found " + std::to_string(source.size_bytes) + ".");
  }
  at::Tensor stored = at::empty(wanted.shape, at::TensorOptions().dtype(source.dtype));
  InputFile(source.path).Read(stored.data_ptr(), static_cast<size_t>(source.size_bytes), source.offset);
  return stored.to(at::TensorOptions().device(device).dtype(dtype));
}

}  // namespace

void Validate(const DecoderSpec& spec) {
  // Far above every model of the field; small enough that no product of two of them overflows.
  constexpr int64_t kMaxSize = int64_t{1} << 24;
  constexpr int64_t kMaxLayers = 4096;
  const auto check = [](const char* name, int64_t value, int64_t limit) {
    if (value < 1 || value > limit) {
      throw Error("ERR_MODEL_FORMAT", std::string("Expected ") + name + " between 1 and " + std::to_string(limit) +
                                          " but found " + std::to_string(value) + ".");
    }
  };
  check("a vocabulary size", spec.vocabulary_size, kMaxSize);
  check("a hidden size", spec.hidden_size, kMaxSize);
  check("a number of layers", spec.layers, kMaxLayers);
  check("a number of heads", spec.heads, spec.hidden_size);
  check("an intermediate size", spec.intermediate_size, kMaxSize);
  check("a context length", spec.context_length, kMaxSize);
  if (spec.hidden_size % spec.heads != 0) {
    throw Error("ERR_MODEL_FORMAT", "Expected the hidden size to be a multiple of the number of heads but found " +
                                        std::to_string(spec.hidden_size) + " and " + std::to_string(spec.heads) + ".");
  }
}

std::vector<ParameterShape> ParameterShapes(const DecoderSpec& spec) {
  using Kind = ParameterShape::Kind;
  const int64_t C = spec.hidden_size;
  const int64_t I = spec.intermediate_size;
  std::vector<ParameterShape> out;
  const auto norm = [&](const std::string& name) {
    out.push_back({name + ".weight", {C}, Kind::kNormWeight});
    out.push_back({name + ".bias", {C}, Kind::kBias});
  };
  const auto linear = [&](const std::string& name, int64_t in, int64_t features, Kind kind) {
    out.push_back({name + ".weight", {in, features}, kind});
    out.push_back({name + ".bias", {features}, Kind::kBias});
  };
  out.push_back({"tokens.weight", {spec.vocabulary_size, C}, Kind::kWeight});
  out.push_back({"positions.weight", {spec.context_length, C}, Kind::kWeight});
  for (int64_t i = 0; i < spec.layers; ++i) {
    const std::string layer = "layers." + std::to_string(i);
    norm(layer + ".attention_norm");
    linear(layer + ".attention.qkv", C, 3 * C, Kind::kWeight);
    linear(layer + ".attention.out", C, C, Kind::kResidualWeight);
    norm(layer + ".mlp_norm");
    linear(layer + ".mlp.up", C, I, Kind::kWeight);
    linear(layer + ".mlp.down", I, C, Kind::kResidualWeight);
  }
  norm("final_norm");
  if (!spec.tied_head) out.push_back({"head.weight", {spec.vocabulary_size, C}, Kind::kWeight});
  return out;
}

Parameters Parameters::Create(const DecoderSpec& spec, at::Device device, at::ScalarType dtype, uint64_t seed,
                              double range) {
  using Kind = ParameterShape::Kind;
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const double residual = range / std::sqrt(2.0 * static_cast<double>(spec.layers));
  Parameters out;
  for (const ParameterShape& wanted : ParameterShapes(spec)) {
    at::Tensor value;
    switch (wanted.kind) {
      case Kind::kWeight:
        value = at::empty(wanted.shape, at::kFloat).normal_(0.0, range, generator);
        break;
      case Kind::kResidualWeight:
        value = at::empty(wanted.shape, at::kFloat).normal_(0.0, residual, generator);
        break;
      case Kind::kNormWeight:
        value = at::ones(wanted.shape, at::kFloat);
        break;
      case Kind::kBias:
        value = at::zeros(wanted.shape, at::kFloat);
        break;
    }
    out.Add(wanted.name, value.to(at::TensorOptions().device(device).dtype(dtype)));
  }
  out.Bind(spec);
  return out;
}

Parameters Parameters::Load(const DecoderSpec& spec, at::Device device, at::ScalarType dtype,
                            const std::vector<TensorSource>& sources) {
  std::unordered_map<std::string, const TensorSource*> by_name;
  for (const TensorSource& source : sources) by_name[source.name] = &source;
  Parameters out;
  for (const ParameterShape& wanted : ParameterShapes(spec)) {
    const auto found = by_name.find(wanted.name);
    if (found == by_name.end()) {
      throw Error("ERR_MODEL_FORMAT", "Expected a tensor for " + wanted.name + " but the checkpoint has none.");
    }
    out.Add(wanted.name, ReadTensor(wanted, *found->second, device, dtype));
  }
  out.Bind(spec);
  return out;
}

Parameters Parameters::Clone(const DecoderSpec& spec) const {
  Parameters out;
  for (size_t i = 0; i < names_.size(); ++i) out.Add(names_[i], tensors_[i].detach().clone());
  out.Bind(spec);
  return out;
}

size_t Parameters::IndexOf(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) throw Error("ERR_INVALID_OPTION", "Expected the name of a parameter but received " + name + ".");
  return found->second;
}

int64_t Parameters::count() const {
  int64_t total = 0;
  for (const at::Tensor& tensor : tensors_) total += tensor.numel();
  return total;
}

int64_t Parameters::size_bytes() const {
  int64_t total = 0;
  for (const at::Tensor& tensor : tensors_) total += static_cast<int64_t>(tensor.nbytes());
  return total;
}

void Parameters::Add(const std::string& name, at::Tensor tensor) {
  index_[name] = tensors_.size();
  names_.push_back(name);
  tensors_.push_back(tensor.contiguous());
}

void Parameters::Bind(const DecoderSpec& spec) {
  const auto norm = [&](const std::string& name) { return Norm{At(name + ".weight"), At(name + ".bias")}; };
  const auto linear = [&](const std::string& name) { return Linear{At(name + ".weight"), At(name + ".bias")}; };
  layers_.clear();
  for (int64_t i = 0; i < spec.layers; ++i) {
    const std::string layer = "layers." + std::to_string(i);
    layers_.push_back({norm(layer + ".attention_norm"), linear(layer + ".attention.qkv"),
                       linear(layer + ".attention.out"), norm(layer + ".mlp_norm"), linear(layer + ".mlp.up"),
                       linear(layer + ".mlp.down")});
  }
  final_norm_ = norm("final_norm");
  head_ = spec.tied_head ? token_embedding() : At("head.weight");
}

}  // namespace lethe
