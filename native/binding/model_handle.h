// The JavaScript handle of a model: every verb is translated and queued on the model's own thread.
#pragma once

#include "napi.h"

#include <functional>
#include <memory>

#include "../core/model.h"
#include "environment.h"

namespace lethe::binding {

class ModelHandle : public Napi::ObjectWrap<ModelHandle> {
 public:
  static Napi::Function Define(Napi::Env env);
  // A promise of the handle of the model that `make` returns on a new thread of its own.
  static Napi::Value Make(Napi::Env env, std::function<std::shared_ptr<Model>()> make);

  explicit ModelHandle(const Napi::CallbackInfo& info);
  ~ModelHandle() override;

 private:
  static Napi::Object Wrap(Napi::Env env, const std::shared_ptr<Lane>& lane, std::shared_ptr<Model> model);
  static std::shared_ptr<Model> ModelOf(const Napi::Value& value, const char* name);

  Napi::Value ParameterCount(const Napi::CallbackInfo& info);
  Napi::Value ListParameters(const Napi::CallbackInfo& info);
  Napi::Value Score(const Napi::CallbackInfo& info);
  Napi::Value Encode(const Napi::CallbackInfo& info);
  Napi::Value OpenSession(const Napi::CallbackInfo& info);
  Napi::Value TrainStep(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value WriteValues(const Napi::CallbackInfo& info);
  Napi::Value WriteMoments(const Napi::CallbackInfo& info);
  Napi::Value LoadMoments(const Napi::CallbackInfo& info);
  Napi::Value StepCount(const Napi::CallbackInfo& info);
  Napi::Value Snapshot(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  // Queues `work(model, cancel)`; a rejected promise once the model is disposed.
  template <typename Work, typename Settle>
  Napi::Value Queue(const Napi::CallbackInfo& info, size_t cancel_argument, Work work, Settle settle);

  std::shared_ptr<Model> model_;  // null once disposed
  std::shared_ptr<Lane> lane_;
  std::shared_ptr<Lanes> lanes_;
  int64_t reported_bytes_ = 0;
};

}  // namespace lethe::binding
