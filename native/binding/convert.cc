#include "convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lethe::binding {
namespace {

[[noreturn]] void ThrowExpected(Napi::Env env, const char* expected, const char* name) {
  Napi::TypeError error = Napi::TypeError::New(env, std::string("Expected ") + expected + " for " + name +
                                                        " but received a value of another type.");
  error.Set("code", Napi::String::New(env, "ERR_INVALID_OPTION"));
  throw error;
}

template <typename T>
std::vector<T> ToVector(const Napi::Object& object, const char* name, napi_typedarray_type type, const char* expected) {
  const Napi::Value value = object.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    ThrowExpected(object.Env(), expected, name);
  }
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  // Not array.Data(): of an empty array that may be null, and null plus 0 is not a range.
  return array.ElementLength() == 0 ? std::vector<T>{} : std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<int32_t> ToInts(const Napi::Object& object, const char* name) {
  return ToVector<int32_t>(object, name, napi_int32_array, "an Int32Array");
}

int64_t ToInteger(const Napi::Object& object, const char* name) {
  const double value = ToNumber(object.Get(name), name);
  if (!std::isfinite(value) || value != std::floor(value) || std::abs(value) > 9007199254740991.0) {
    ThrowExpected(object.Env(), "an integer", name);
  }
  return static_cast<int64_t>(value);
}

bool ToBool(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsBoolean()) ThrowExpected(object.Env(), "a boolean", name);
  return value.As<Napi::Boolean>().Value();
}

Napi::Array ToArray(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) ThrowExpected(value.Env(), "an array", name);
  return value.As<Napi::Array>();
}

template <typename T>
Napi::Value FromVector(Napi::Env env, const std::vector<T>& values) {
  auto array = Napi::TypedArrayOf<T>::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

struct NamedActivation {
  const char* name;
  Activation activation;
};

constexpr NamedActivation kActivations[] = {{"gelu", Activation::kGelu},
                                            {"gelu_new", Activation::kGeluTanh},
                                            {"relu", Activation::kRelu},
                                            {"silu", Activation::kSilu}};

struct NamedDType {
  const char* name;
  at::ScalarType dtype;
};

constexpr NamedDType kDTypes[] = {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}};

}  // namespace

Napi::Object ToObject(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) ThrowExpected(value.Env(), "an object", name);
  return value.As<Napi::Object>();
}

double ToNumber(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) ThrowExpected(value.Env(), "a number", name);
  return value.As<Napi::Number>().DoubleValue();
}

std::string ToText(const Napi::Value& value, const char* name) {
  if (!value.IsString()) ThrowExpected(value.Env(), "a string", name);
  return value.As<Napi::String>().Utf8Value();
}

uint64_t ToUint64(const Napi::Value& value, const char* name) {
  bool lossless = false;
  if (!value.IsBigInt()) ThrowExpected(value.Env(), "a bigint", name);
  const uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) ThrowExpected(value.Env(), "an unsigned 64-bit bigint", name);
  return number;
}

std::vector<std::string> ToTexts(const Napi::Value& value, const char* name) {
  const Napi::Array array = ToArray(value, name);
  std::vector<std::string> out;
  for (uint32_t i = 0; i < array.Length(); ++i) out.push_back(ToText(array.Get(i), name));
  return out;
}

DecoderSpec ToSpec(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "spec");
  DecoderSpec spec;
  spec.vocabulary_size = ToInteger(object, "vocabularySize");
  spec.hidden_size = ToInteger(object, "hiddenSize");
  spec.layers = ToInteger(object, "layers");
  spec.heads = ToInteger(object, "heads");
  spec.intermediate_size = ToInteger(object, "intermediateSize");
  spec.context_length = ToInteger(object, "contextLength");
  spec.norm_epsilon = ToNumber(object.Get("normEpsilon"), "normEpsilon");
  spec.tied_head = ToBool(object, "tiedHead");
  spec.scale_attention = ToBool(object, "scaleAttention");
  spec.scale_attention_by_layer = ToBool(object, "scaleAttentionByLayer");
  const std::string activation = ToText(object.Get("activation"), "activation");
  const auto* found = std::find_if(std::begin(kActivations), std::end(kActivations),
                                   [&](const NamedActivation& item) { return activation == item.name; });
  if (found == std::end(kActivations)) ThrowExpected(value.Env(), "gelu, gelu_new, relu or silu", "activation");
  spec.activation = found->activation;
  return spec;
}

at::ScalarType ToDType(const Napi::Value& value) {
  const std::string name = ToText(value, "dtype");
  const auto* found =
      std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](const NamedDType& item) { return name == item.name; });
  if (found == std::end(kDTypes)) ThrowExpected(value.Env(), "float32, bfloat16 or float16", "dtype");
  return found->dtype;
}

std::vector<TensorSource> ToSources(const Napi::Value& value) {
  const Napi::Array array = ToArray(value, "sources");
  std::vector<TensorSource> out;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object object = ToObject(array.Get(i), "sources");
    TensorSource source;
    source.name = ToText(object.Get("name"), "name");
    source.dtype = ToDType(object.Get("dtype"));
    source.path = ToText(object.Get("path"), "path");
    source.offset = ToInteger(object, "offset");
    source.size_bytes = ToInteger(object, "sizeBytes");
    const Napi::Array shape = ToArray(object.Get("shape"), "shape");
    for (uint32_t d = 0; d < shape.Length(); ++d) {
      source.shape.push_back(static_cast<int64_t>(ToNumber(shape.Get(d), "shape")));
    }
    out.push_back(std::move(source));
  }
  return out;
}

TokenBatch ToBatch(const Napi::Object& object) { return {ToInts(object, "tokens"), ToInts(object, "lengths")}; }

GenerateRequest ToGenerateRequest(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "request");
  GenerateRequest request;
  request.prompts = ToBatch(object);
  request.row_prompts = ToInts(object, "prompts");
  request.row_starts = ToInts(object, "starts");
  request.max_tokens = ToInts(object, "maxTokens");
  request.seeds = ToVector<uint64_t>(object, "seeds", napi_biguint64_array, "a BigUint64Array");
  request.temperatures = ToVector<float>(object, "temperatures", napi_float32_array, "a Float32Array");
  request.top_k = ToInteger(object, "topK");
  request.top_p = ToNumber(object.Get("topP"), "topP");
  request.stop_ids = ToInts(object, "stopIds");
  return request;
}

TrainStepRequest ToTrainStepRequest(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "request");
  TrainStepRequest request;
  const Napi::Array batches = ToArray(object.Get("microBatches"), "microBatches");
  for (uint32_t i = 0; i < batches.Length(); ++i) {
    const Napi::Object batch = ToObject(batches.Get(i), "microBatches");
    request.micro_batches.push_back({ToBatch(batch), ToVector<uint8_t>(batch, "sets", napi_uint8_array, "a Uint8Array")});
  }
  const Napi::Array terms = ToArray(object.Get("terms"), "terms");
  for (uint32_t i = 0; i < terms.Length(); ++i) {
    const Napi::Object term = ToObject(terms.Get(i), "terms");
    const std::string loss = ToText(term.Get("loss"), "loss");
    if (loss != "nll" && loss != "kl") ThrowExpected(object.Env(), "nll or kl", "loss");
    request.terms.push_back({loss == "nll" ? Loss::kNll : Loss::kKl, static_cast<int>(ToInteger(term, "set")),
                             ToNumber(term.Get("weight"), "weight")});
  }
  const Napi::Object optimizer = ToObject(object.Get("optimizer"), "optimizer");
  const std::string kind = ToText(optimizer.Get("kind"), "kind");
  if (kind != "adam" && kind != "adamw") ThrowExpected(object.Env(), "adam or adamw", "kind");
  request.optimizer = {kind == "adam" ? OptimizerSettings::Kind::kAdam : OptimizerSettings::Kind::kAdamW,
                       ToNumber(optimizer.Get("learningRate"), "learningRate"),
                       ToNumber(optimizer.Get("beta1"), "beta1"),
                       ToNumber(optimizer.Get("beta2"), "beta2"),
                       ToNumber(optimizer.Get("epsilon"), "epsilon"),
                       ToNumber(optimizer.Get("weightDecay"), "weightDecay"),
                       ToNumber(optimizer.Get("maxGradNorm"), "maxGradNorm")};
  return request;
}

Napi::Value FromScores(Napi::Env env, const Scores& scores) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("logprobs", FromVector(env, scores.logprobs));
  out.Set("hits", FromVector(env, scores.hits));
  out.Set("ranks", FromVector(env, scores.ranks));
  return out;
}

Napi::Value FromGeneration(Napi::Env env, const Generation& generation) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("tokens", FromVector(env, generation.tokens));
  out.Set("lengths", FromVector(env, generation.lengths));
  out.Set("stopReasons", FromVector(env, generation.stop_reasons));
  return out;
}

Napi::Value FromTrainStep(Napi::Env env, const TrainStepResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("loss", Napi::Number::New(env, result.objective.loss));
  out.Set("terms", FromVector(env, result.objective.means));
  out.Set("gradNorm", Napi::Number::New(env, result.grad_norm));
  return out;
}

Napi::Value FromTensor(Napi::Env env, const at::Tensor& tensor) {
  auto array = Napi::Float32Array::New(env, static_cast<size_t>(tensor.numel()));
  if (tensor.numel() > 0) std::memcpy(array.Data(), tensor.const_data_ptr<float>(), tensor.nbytes());
  return array;
}

Napi::Value FromParameters(Napi::Env env, const Model& model) {
  const auto& names = model.parameters().names();
  Napi::Array out = Napi::Array::New(env, names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const auto sizes = model.parameters().tensors()[i].sizes();
    Napi::Array shape = Napi::Array::New(env, sizes.size());
    for (size_t d = 0; d < sizes.size(); ++d) {
      shape.Set(static_cast<uint32_t>(d), Napi::Number::New(env, static_cast<double>(sizes[d])));
    }
    Napi::Object item = Napi::Object::New(env);
    item.Set("name", Napi::String::New(env, names[i]));
    item.Set("shape", shape);
    item.Set("dtype", Napi::String::New(env, model.dtype() == at::kFloat ? "float32" : "bfloat16"));
    out.Set(static_cast<uint32_t>(i), item);
  }
  return out;
}

}  // namespace lethe::binding
