// The named weights of a transformer: what they are called, their shapes, and how they are made, read, copied and
// written. Projections are stored [out, in] whatever a family's files do; files are cut into pieces of these.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "reading.h"
#include "spec.h"

namespace lethe {

// Rows of a parameter from `first_row` on get `scale` times the product of two matrices more: LoRA (Hu et al. 2022).
struct Update {
  int64_t first_row = 0;
  double scale = 1;
  Piece left;   // [rows, rank]
  Piece right;  // [rank, columns]
};

// Pieces follow one another along the first dimension; after them come rows that each are the mean of all rows before.
struct ParameterSource {
  std::string name;
  std::vector<Piece> pieces;
  int64_t mean_rows = 0;
  std::vector<Update> updates;
};

// Rows of a parameter on their way to a file.
struct Slice {
  std::string name;
  int64_t first_row = 0;
  int64_t rows = 0;
  bool transposed = false;
};

struct ParameterShape {
  enum class Kind { kWeight, kResidualWeight, kNormWeight, kBias };
  std::string name;
  std::vector<int64_t> shape;
  Kind kind;
};

// Every parameter that `spec` asks for, in a fixed order.
std::vector<ParameterShape> ParameterShapes(const TransformerSpec& spec);

struct Linear {
  at::Tensor weight;               // [out, in]
  std::optional<at::Tensor> bias;  // [out]
};

struct Norm {
  at::Tensor weight;  // [C]
  at::Tensor bias;    // [C], undefined for RMSNorm
};

struct LayerWeights {
  Norm attention_norm;
  Linear qkv;  // query heads, key heads, value heads
  Linear attention_out;
  Norm mlp_norm;  // undefined for a parallel block
  Linear mlp_up;  // gate, then up, for a gated one
  Linear mlp_down;
};

class Parameters {
 public:
  // GPT-2's initialisation (Radford et al. 2019): N(0, range), residual projections N(0, range / sqrt(2 layers)),
  // biases 0, norms the identity. Drawn on the CPU in float32, so every device and dtype starts from the same numbers.
  static Parameters Create(const TransformerSpec& spec, at::Device device, at::ScalarType dtype, uint64_t seed, double range);
  // Reads exactly the parameters of `spec`; throws ERR_MODEL_FORMAT for a missing one or one of another shape.
  static Parameters Load(const TransformerSpec& spec, at::Device device, at::ScalarType dtype,
                         const std::vector<ParameterSource>& sources);
  Parameters Clone(const TransformerSpec& spec) const;

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  // Throws ERR_INVALID_OPTION for an unknown name.
  size_t IndexOf(const std::string& name) const;
  int64_t count() const;
  int64_t size_bytes() const;

  const at::Tensor& token_embedding() const { return tokens_; }        // [V, C]
  const at::Tensor& position_embedding() const { return positions_; }  // [P, C] or undefined
  const at::Tensor& type_embedding() const { return types_; }          // [types, C] or undefined
  const Norm& embedding_norm() const { return embedding_norm_; }
  const Norm& final_norm() const { return final_norm_; }
  const Linear& head() const { return head_; }
  const LayerWeights& layer(int64_t index) const { return layers_[static_cast<size_t>(index)]; }

 private:
  void Add(const std::string& name, at::Tensor tensor);
  void Bind(const TransformerSpec& spec);

  std::vector<std::string> names_;
  std::vector<at::Tensor> tensors_;
  std::unordered_map<std::string, size_t> index_;
  at::Tensor tokens_;
  at::Tensor positions_;
  at::Tensor types_;
  Norm embedding_norm_;
  Norm final_norm_;
  Linear head_;
  std::vector<LayerWeights> layers_;
};

}  // namespace lethe
