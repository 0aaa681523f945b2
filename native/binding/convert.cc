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

const char* NameOf(at::ScalarType dtype) {
  return dtype == at::kFloat ? "float32" : dtype == at::kHalf ? "float16" : "bfloat16";
}

template <typename T>
Napi::Value FromVector(Napi::Env env, const std::vector<T>& values) {
  auto array = Napi::TypedArrayOf<T>::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

template <typename Value>
struct Named {
  const char* name;
  Value value;
};

constexpr Named<Activation> kActivations[] = {{"gelu", Activation::kGelu},
                                              {"gelu_tanh", Activation::kGeluTanh},
                                              {"relu", Activation::kRelu},
                                              {"silu", Activation::kSilu}};
constexpr Named<Residual> kResiduals[] = {
    {"pre", Residual::kPre}, {"parallel", Residual::kParallel}, {"post", Residual::kPost}};
constexpr Named<Head> kHeads[] = {{"none", Head::kNone}, {"tied", Head::kTied}, {"own", Head::kOwn}};
constexpr Named<at::ScalarType> kDTypes[] = {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"float16", at::kHalf}};

template <typename Value, size_t N>
Value Lookup(Napi::Env env, const std::string& text, const char* name, const Named<Value> (&table)[N]) {
  std::string known;
  for (const Named<Value>& item : table) {
    if (text == item.name) return item.value;
    known += (known.empty() ? "" : ", ") + std::string(item.name);
  }
  ThrowExpected(env, ("one of " + known).c_str(), name);
}

template <typename Value, size_t N>
Value ToEnum(const Napi::Object& object, const char* name, const Named<Value> (&table)[N]) {
  return Lookup(object.Env(), ToText(object.Get(name), name), name, table);
}

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

std::vector<int32_t> ToInts(const Napi::Object& object, const char* name) {
  return ToVector<int32_t>(object, name, napi_int32_array, "an Int32Array");
}

TransformerSpec ToSpec(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "spec");
  const auto part = [&](const char* name) { return ToObject(object.Get(name), name); };
  TransformerSpec spec;
  spec.vocabulary_size = ToInteger(object, "vocabularySize");
  spec.hidden_size = ToInteger(object, "hiddenSize");
  spec.layers = ToInteger(object, "layers");
  spec.context_length = ToInteger(object, "contextLength");
  spec.residual = ToEnum(object, "residual", kResiduals);
  spec.head = ToEnum(object, "head", kHeads);
  spec.head_bias = ToBool(object, "headBias");

  const Napi::Object norm = part("norm");
  spec.norm = {ToBool(norm, "rms"), ToBool(norm, "unitOffset"), ToNumber(norm.Get("epsilon"), "epsilon")};

  const Napi::Object embedding = part("embedding");
  spec.embedding = {ToNumber(embedding.Get("scale"), "scale"), ToInteger(embedding, "learnedPositions"),
                    ToInteger(embedding, "positionOffset"), ToInteger(embedding, "types"), ToBool(embedding, "norm")};

  const Napi::Object rotary = part("rotary");
  spec.rotary = {ToVector<double>(rotary, "frequencies", napi_float64_array, "a Float64Array"), ToBool(rotary, "interleaved")};

  const Napi::Object attention = part("attention");
  spec.attention.heads = ToInteger(attention, "heads");
  spec.attention.key_value_heads = ToInteger(attention, "keyValueHeads");
  spec.attention.head_size = ToInteger(attention, "headSize");
  spec.attention.scale = ToNumber(attention.Get("scale"), "scale");
  spec.attention.scale_by_layer = ToBool(attention, "scaleByLayer");
  spec.attention.causal = ToBool(attention, "causal");
  spec.attention.qkv_bias = ToBool(attention, "qkvBias");
  spec.attention.out_bias = ToBool(attention, "outBias");
  for (const int32_t window : ToInts(attention, "windows")) spec.attention.windows.push_back(window);

  const Napi::Object mlp = part("mlp");
  spec.mlp = {ToInteger(mlp, "size"), ToBool(mlp, "gated"), ToBool(mlp, "bias"), ToEnum(mlp, "activation", kActivations)};
  return spec;
}

at::ScalarType ToDType(const Napi::Value& value) { return Lookup(value.Env(), ToText(value, "dtype"), "dtype", kDTypes); }

Piece ToPiece(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "pieces");
  Piece piece;
  piece.path = ToText(object.Get("path"), "path");
  piece.offset = ToInteger(object, "offset");
  piece.dtype = ToDType(object.Get("dtype"));
  piece.transposed = ToBool(object, "transposed");
  for (const int32_t size : ToInts(object, "shape")) piece.shape.push_back(size);
  return piece;
}

std::vector<ParameterSource> ToSources(const Napi::Value& value) {
  const Napi::Array array = ToArray(value, "sources");
  std::vector<ParameterSource> out;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object object = ToObject(array.Get(i), "sources");
    ParameterSource source{ToText(object.Get("name"), "name"), {}, ToInteger(object, "meanRows"), {}};
    const Napi::Array pieces = ToArray(object.Get("pieces"), "pieces");
    for (uint32_t p = 0; p < pieces.Length(); ++p) source.pieces.push_back(ToPiece(pieces.Get(p)));
    const Napi::Array updates = ToArray(object.Get("updates"), "updates");
    for (uint32_t u = 0; u < updates.Length(); ++u) {
      const Napi::Object update = ToObject(updates.Get(u), "updates");
      source.updates.push_back({ToInteger(update, "firstRow"), ToNumber(update.Get("scale"), "scale"),
                                ToPiece(update.Get("left")), ToPiece(update.Get("right"))});
    }
    out.push_back(std::move(source));
  }
  return out;
}

std::vector<Slice> ToSlices(const Napi::Value& value) {
  const Napi::Array array = ToArray(value, "slices");
  std::vector<Slice> out;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Object object = ToObject(array.Get(i), "slices");
    out.push_back({ToText(object.Get("name"), "name"), ToInteger(object, "firstRow"), ToInteger(object, "rows"),
                   ToBool(object, "transposed")});
  }
  return out;
}

TokenBatch ToBatch(const Napi::Object& object) { return {ToInts(object, "tokens"), ToInts(object, "lengths")}; }

ScoreOptions ToScoreOptions(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "options");
  ScoreOptions options;
  options.after = ToInts(object, "after");
  if (object.Get("rule").IsUndefined()) return options;
  const Napi::Object rule = ToObject(object.Get("rule"), "rule");
  options.rule.emplace();
  options.rule->temperature = ToNumber(rule.Get("temperature"), "temperature");
  options.rule->top_k = ToInteger(rule, "topK");
  options.rule->top_p = ToNumber(rule.Get("topP"), "topP");
  return options;
}

SessionOptions ToSessionOptions(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "options");
  SessionOptions options;
  options.slots = ToInteger(object, "slots");
  options.capacity = ToInteger(object, "capacity");
  options.rule.top_k = ToInteger(object, "topK");
  options.rule.top_p = ToNumber(object.Get("topP"), "topP");
  options.rule.min_p = ToNumber(object.Get("minP"), "minP");
  options.rule.repetition_penalty = ToNumber(object.Get("repetitionPenalty"), "repetitionPenalty");
  options.temperatures = ToVector<float>(object, "temperatures", napi_float32_array, "a Float32Array");
  options.stop_ids = ToInts(object, "stopIds");
  return options;
}

std::vector<RowRequest> ToRows(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "rows");
  const auto ids = ToInts(object, "ids");
  const auto prompts = ToInts(object, "prompts");
  const auto starts = ToInts(object, "starts");
  const auto max_tokens = ToInts(object, "maxTokens");
  const auto seeds = ToVector<uint64_t>(object, "seeds", napi_biguint64_array, "a BigUint64Array");
  const size_t rows = ids.size();
  if (prompts.size() != rows || starts.size() != rows || max_tokens.size() != rows || seeds.size() != rows) {
    ThrowExpected(value.Env(), "arrays of one length", "rows");
  }
  std::vector<RowRequest> out;
  for (size_t i = 0; i < rows; ++i) out.push_back({ids[i], prompts[i], starts[i], max_tokens[i], seeds[i]});
  return out;
}

TrainStepRequest ToTrainStepRequest(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "request");
  TrainStepRequest request;
  const Napi::Array batches = ToArray(object.Get("microBatches"), "microBatches");
  for (uint32_t i = 0; i < batches.Length(); ++i) {
    const Napi::Object batch = ToObject(batches.Get(i), "microBatches");
    request.micro_batches.push_back({ToBatch(batch), ToVector<uint8_t>(batch, "sets", napi_uint8_array, "a Uint8Array"),
                                     ToInts(batch, "groups")});
  }
  const Napi::Array terms = ToArray(object.Get("terms"), "terms");
  for (uint32_t i = 0; i < terms.Length(); ++i) {
    const Napi::Object term = ToObject(terms.Get(i), "terms");
    const std::string loss = ToText(term.Get("loss"), "loss");
    if (loss != "nll" && loss != "kl") ThrowExpected(object.Env(), "nll or kl", "loss");
    const std::string reduction = ToText(term.Get("reduction"), "reduction");
    if (reduction != "mean" && reduction != "perDocument") ThrowExpected(object.Env(), "mean or perDocument", "reduction");
    request.terms.push_back({loss == "nll" ? Loss::kNll : Loss::kKl, static_cast<int>(ToInteger(term, "set")),
                             ToNumber(term.Get("weight"), "weight"),
                             reduction == "mean" ? Reduction::kMean : Reduction::kPerDocument});
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
  out.Set("means", FromVector(env, scores.means));
  out.Set("variances", FromVector(env, scores.variances));
  return out;
}

Napi::Value FromSteps(Napi::Env env, const StepResult& result) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("rows", FromVector(env, result.rows));
  out.Set("tokens", FromVector(env, result.tokens));
  out.Set("logprobs", FromVector(env, result.logprobs));
  out.Set("finished", FromVector(env, result.finished));
  out.Set("reasons", FromVector(env, result.reasons));
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
    item.Set("dtype", Napi::String::New(env, NameOf(model.dtype())));
    out.Set(static_cast<uint32_t>(i), item);
  }
  return out;
}

}  // namespace lethe::binding
