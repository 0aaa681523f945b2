// The named weights of a decoder: what they are called, their shapes, and how they are made, read, copied and written.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "spec.h"

namespace lethe {

// Where the bytes of one stored tensor lie in a file.
struct TensorSource {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  std::string path;
  int64_t offset = 0;
  int64_t size_bytes = 0;
};

struct ParameterShape {
  enum class Kind { kWeight, kResidualWeight, kNormWeight, kBias };
  std::string name;
  std::vector<int64_t> shape;
  Kind kind;
};

// Every parameter that `spec` asks for, in a fixed order. Projections are stored [in, out], as GPT-2's files have them.
std::vector<ParameterShape> ParameterShapes(const DecoderSpec& spec);

struct Linear {
  at::Tensor weight;  // [in, out]
  at::Tensor bias;    // [out]
};

struct Norm {
  at::Tensor weight;  // [C]
  at::Tensor bias;    // [C]
};

struct LayerWeights {
  Norm attention_norm;
  Linear qkv;
  Linear attention_out;
  Norm mlp_norm;
  Linear mlp_up;
  Linear mlp_down;
};

class Parameters {
 public:
  // GPT-2's initialisation (Radford et al. 2019): N(0, range), residual projections N(0, range / sqrt(2 layers)),
  // biases 0, norms 1. Drawn on the CPU in float32, so every device and dtype starts from the same numbers.
  static Parameters Create(const DecoderSpec& spec, at::Device device, at::ScalarType dtype, uint64_t seed, double range);
  // Reads exactly the parameters of `spec`; throws ERR_MODEL_FORMAT for a missing one or one of another shape.
  static Parameters Load(const DecoderSpec& spec, at::Device device, at::ScalarType dtype,
                         const std::vector<TensorSource>& sources);
  Parameters Clone(const DecoderSpec& spec) const;

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  // Throws ERR_INVALID_OPTION for an unknown name.
  size_t IndexOf(const std::string& name) const;
  int64_t count() const;
  int64_t size_bytes() const;

  const at::Tensor& token_embedding() const { return At("tokens.weight"); }        // [V, C]
  const at::Tensor& position_embedding() const { return At("positions.weight"); }  // [P, C]
  const Norm& final_norm() const { return final_norm_; }
  const at::Tensor& head() const { return head_; }  // [V, C]
  const LayerWeights& layer(int64_t index) const { return layers_[static_cast<size_t>(index)]; }

 private:
  void Add(const std::string& name, at::Tensor tensor);
  const at::Tensor& At(const std::string& name) const { return tensors_[IndexOf(name)]; }
  void Bind(const DecoderSpec& spec);

  std::vector<std::string> names_;
  std::vector<at::Tensor> tensors_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<LayerWeights> layers_;
  Norm final_norm_;
  at::Tensor head_;
};

}  // namespace lethe
