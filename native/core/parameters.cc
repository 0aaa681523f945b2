#include "parameters.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/normal.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "error.h"
#include "memory.h"

namespace lethe {
namespace {

std::string Shape(at::IntArrayRef shape) {
  std::ostringstream out;
  out << '[';
  for (size_t i = 0; i < shape.size(); ++i) out << (i == 0 ? "" : ", ") << shape[i];
  out << ']';
  return out.str();
}

// An empty parameter, and in `fillings` what goes into its rows.
at::Tensor Prepare(const ParameterShape& wanted, const ParameterSource& source, at::Device device, at::ScalarType dtype,
                   std::vector<Filling>& fillings) {
  at::Tensor out = at::empty(wanted.shape, at::TensorOptions().device(device).dtype(dtype));
  if (out.is_cpu()) PreferHugePages(out.data_ptr(), out.nbytes());
  int64_t row = 0;
  for (const Piece& piece : source.pieces) {
    const std::vector<int64_t> shape = piece.ParameterShape();
    const bool fits = shape.size() == wanted.shape.size() && row + shape[0] <= out.size(0) &&
                      std::equal(shape.begin() + 1, shape.end(), wanted.shape.begin() + 1);
    if (!fits) {
      throw Error("ERR_MODEL_FORMAT", "Expected shape " + Shape(wanted.shape) + " for " + wanted.name + " in " + piece.path +
                                          " but found " + Shape(piece.shape) + ".");
    }
    fillings.push_back({piece, out.narrow(0, row, shape[0])});
    row += shape[0];
  }
  const bool grown = row > 0 && source.mean_rows > 0 && row + source.mean_rows == out.size(0);
  if (row != out.size(0) && !grown) {
    throw Error("ERR_MODEL_FORMAT", "Expected " + std::to_string(out.size(0)) + " rows for " + wanted.name +
                                        " but the checkpoint has " + std::to_string(row) + ".");
  }
  return out;
}

void FillWithMean(const at::Tensor& parameter, int64_t rows) {
  const int64_t read = parameter.size(0) - rows;
  parameter.narrow(0, read, rows).copy_(at::mean(parameter.narrow(0, 0, read), 0, /*keepdim=*/true, at::kFloat));
}

at::Tensor ReadFloat(const Piece& piece) {
  at::Tensor out = at::empty(piece.ParameterShape(), at::kFloat);
  Fill({{piece, out}});
  return out;
}

void Apply(const Update& update, const std::string& name, const at::Tensor& parameter) {
  const std::vector<int64_t> left = update.left.ParameterShape();
  const std::vector<int64_t> right = update.right.ParameterShape();
  const bool fits = parameter.dim() == 2 && left.size() == 2 && right.size() == 2 && left[1] == right[0] &&
                    update.first_row >= 0 && update.first_row + left[0] <= parameter.size(0) && right[1] == parameter.size(1);
  if (!fits) {
    throw Error("ERR_MODEL_FORMAT", "Expected factors of an update for " + name + " of shape " + Shape(parameter.sizes()) +
                                        " in " + update.left.path + " but found " + Shape(left) + " and " + Shape(right) + ".");
  }
  const at::Tensor rows = parameter.narrow(0, update.first_row, left[0]);
  const at::Device device = parameter.device();
  rows.addmm_(ReadFloat(update.left).to(device), ReadFloat(update.right).to(device), 1, update.scale);
}

}  // namespace

std::vector<ParameterShape> ParameterShapes(const TransformerSpec& spec) {
  using Kind = ParameterShape::Kind;
  const int64_t C = spec.hidden_size;
  std::vector<ParameterShape> out;
  const auto norm = [&](const std::string& name) {
    out.push_back({name + ".weight", {C}, Kind::kNormWeight});
    if (!spec.norm.rms) out.push_back({name + ".bias", {C}, Kind::kBias});
  };
  const auto linear = [&](const std::string& name, int64_t in, int64_t features, bool bias, Kind kind = Kind::kWeight) {
    out.push_back({name + ".weight", {features, in}, kind});
    if (bias) out.push_back({name + ".bias", {features}, Kind::kBias});
  };
  out.push_back({"tokens.weight", {spec.vocabulary_size, C}, Kind::kWeight});
  if (spec.embedding.learned_positions > 0) {
    out.push_back({"positions.weight", {spec.embedding.learned_positions, C}, Kind::kWeight});
  }
  if (spec.embedding.types > 0) out.push_back({"types.weight", {spec.embedding.types, C}, Kind::kWeight});
  if (spec.embedding.norm) norm("embedding_norm");
  for (int64_t i = 0; i < spec.layers; ++i) {
    const std::string layer = "layers." + std::to_string(i);
    norm(layer + ".attention_norm");
    linear(layer + ".attention.qkv", C, spec.query_size() + 2 * spec.key_value_size(), spec.attention.qkv_bias);
    linear(layer + ".attention.out", spec.query_size(), C, spec.attention.out_bias, Kind::kResidualWeight);
    if (spec.residual != Residual::kParallel) norm(layer + ".mlp_norm");
    linear(layer + ".mlp.up", C, (spec.mlp.gated ? 2 : 1) * spec.mlp.size, spec.mlp.bias);
    linear(layer + ".mlp.down", spec.mlp.size, C, spec.mlp.bias, Kind::kResidualWeight);
  }
  if (spec.residual != Residual::kPost) norm("final_norm");
  if (spec.head == Head::kOwn) out.push_back({"head.weight", {spec.vocabulary_size, C}, Kind::kWeight});
  if (spec.head_bias) out.push_back({"head.bias", {spec.vocabulary_size}, Kind::kBias});
  return out;
}

Parameters Parameters::Create(const TransformerSpec& spec, at::Device device, at::ScalarType dtype, uint64_t seed,
                              double range) {
  using Kind = ParameterShape::Kind;
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const double residual = range / std::sqrt(2.0 * static_cast<double>(spec.layers));
  Parameters out;
  for (const ParameterShape& wanted : ParameterShapes(spec)) {
    at::Tensor value = at::empty(wanted.shape, at::kFloat);
    switch (wanted.kind) {
      case Kind::kWeight:
        value.normal_(0.0, range, generator);
        break;
      case Kind::kResidualWeight:
        value.normal_(0.0, residual, generator);
        break;
      case Kind::kNormWeight:
        value.fill_(spec.norm.unit_offset ? 0.0 : 1.0);
        break;
      case Kind::kBias:
        value.zero_();
        break;
    }
    out.Add(wanted.name, value.to(at::TensorOptions().device(device).dtype(dtype)));
  }
  out.Bind(spec);
  return out;
}

Parameters Parameters::Load(const TransformerSpec& spec, at::Device device, at::ScalarType dtype,
                            const std::vector<ParameterSource>& sources) {
  std::unordered_map<std::string, const ParameterSource*> by_name;
  for (const ParameterSource& source : sources) by_name[source.name] = &source;
  Parameters out;
  std::vector<Filling> fillings;
  for (const ParameterShape& wanted : ParameterShapes(spec)) {
    const auto found = by_name.find(wanted.name);
    if (found == by_name.end()) {
      throw Error("ERR_MODEL_FORMAT", "Expected a tensor for " + wanted.name + " but the checkpoint has none.");
    }
    // What is updated is rounded once, afterwards.
    const at::ScalarType sum = found->second->updates.empty() ? dtype : at::kFloat;
    out.Add(wanted.name, Prepare(wanted, *found->second, device, sum, fillings));
  }
  Fill(fillings);
  for (size_t i = 0; i < out.names_.size(); ++i) {
    const ParameterSource& source = *by_name[out.names_[i]];
    for (const Update& update : source.updates) Apply(update, source.name, out.tensors_[i]);
    if (source.mean_rows > 0) FillWithMean(out.tensors_[i], source.mean_rows);
    out.tensors_[i] = out.tensors_[i].to(dtype);
  }
  out.Bind(spec);
  return out;
}

Parameters Parameters::Clone(const TransformerSpec& spec) const {
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

void Parameters::Bind(const TransformerSpec& spec) {
  // Undefined where the spec asks for none.
  const auto at = [&](const std::string& name) {
    const auto found = index_.find(name);
    return found == index_.end() ? at::Tensor() : tensors_[found->second];
  };
  const auto norm = [&](const std::string& name) { return Norm{at(name + ".weight"), at(name + ".bias")}; };
  const auto linear = [&](const std::string& name) {
    const at::Tensor bias = at(name + ".bias");
    return Linear{at(name + ".weight"), bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt};
  };
  tokens_ = at("tokens.weight");
  positions_ = at("positions.weight");
  types_ = at("types.weight");
  embedding_norm_ = norm("embedding_norm");
  final_norm_ = norm("final_norm");
  head_ = linear("head");
  if (spec.head == Head::kTied) head_.weight = tokens_;
  for (int64_t i = 0; i < spec.layers; ++i) {
    const std::string layer = "layers." + std::to_string(i);
    layers_.push_back({norm(layer + ".attention_norm"), linear(layer + ".attention.qkv"), linear(layer + ".attention.out"),
                       norm(layer + ".mlp_norm"), linear(layer + ".mlp.up"), linear(layer + ".mlp.down")});
  }
}

}  // namespace lethe
