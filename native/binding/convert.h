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

TransformerSpec ToSpec(const Napi::Value& value);
at::ScalarType ToDType(const Napi::Value& value);
std::vector<ParameterSource> ToSources(const Napi::Value& value);
std::vector<Slice> ToSlices(const Napi::Value& value);
TokenBatch ToBatch(const Napi::Object& object);
std::vector<int32_t> ToInts(const Napi::Object& object, const char* name);
ScoreOptions ToScoreOptions(const Napi::Value& value);
SessionOptions ToSessionOptions(const Napi::Value& value);
std::vector<RowRequest> ToRows(const Napi::Value& value);
TrainStepRequest ToTrainStepRequest(const Napi::Value& value);

Napi::Value FromScores(Napi::Env env, const Scores& scores);
Napi::Value FromSteps(Napi::Env env, const StepResult& result);
Napi::Value FromTrainStep(Napi::Env env, const TrainStepResult& result);
Napi::Value FromTensor(Napi::Env env, const at::Tensor& tensor);
Napi::Value FromParameters(Napi::Env env, const Model& model);

}  // namespace lethe::binding
