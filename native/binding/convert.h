// Arguments and results: JavaScript values to the core's plain structs and back. Arguments are copied, since
// JavaScript may change a typed array while the job runs.
#pragma once

#include "napi.h"

#include <string>
#include <vector>

#include "../core/model.h"

namespace lethe::binding {

// Each throws a TypeError "Expected <type> for <name> but received ...".
Napi::Object ToObject(const Napi::Value& value, const char* name);
double ToNumber(const Napi::Value& value, const char* name);
std::string ToText(const Napi::Value& value, const char* name);
uint64_t ToUint64(const Napi::Value& value, const char* name);
std::vector<std::string> ToTexts(const Napi::Value& value, const char* name);

DecoderSpec ToSpec(const Napi::Value& value);
at::ScalarType ToDType(const Napi::Value& value);
std::vector<TensorSource> ToSources(const Napi::Value& value);
TokenBatch ToBatch(const Napi::Object& object);
GenerateRequest ToGenerateRequest(const Napi::Value& value);
TrainStepRequest ToTrainStepRequest(const Napi::Value& value);

Napi::Value FromScores(Napi::Env env, const Scores& scores);
Napi::Value FromGeneration(Napi::Env env, const Generation& generation);
Napi::Value FromTrainStep(Napi::Env env, const TrainStepResult& result);
Napi::Value FromTensor(Napi::Env env, const at::Tensor& tensor);
Napi::Value FromParameters(Napi::Env env, const Model& model);

}  // namespace lethe::binding
