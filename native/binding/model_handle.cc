#include "model_handle.h"

#include <string>
#include <utility>

#include "cancel_token.h"
#include "convert.h"
#include "job.h"
#include "session_handle.h"

namespace lethe::binding {
namespace {

constexpr napi_type_tag kTag = {0x5d1b3f60c2e94a78ULL, 0xa4476e0fd85b2c91ULL};

const Failure kDisposed = {"ERR_MODEL_DISPOSED", "Expected a live model but this one has been disposed."};

}  // namespace

Napi::Function ModelHandle::Define(Napi::Env env) {
  return DefineClass(env, "NativeModel",
                     {
                         InstanceAccessor<&ModelHandle::ParameterCount>("parameterCount"),
                         InstanceMethod<&ModelHandle::ListParameters>("parameters"),
                         InstanceMethod<&ModelHandle::Score>("score"),
                         InstanceMethod<&ModelHandle::Encode>("encode"),
                         InstanceMethod<&ModelHandle::OpenSession>("openSession"),
                         InstanceMethod<&ModelHandle::TrainStep>("trainStep"),
                         InstanceMethod<&ModelHandle::Read>("read"),
                         InstanceMethod<&ModelHandle::WriteValues>("writeValues"),
                         InstanceMethod<&ModelHandle::WriteMoments>("writeMoments"),
                         InstanceMethod<&ModelHandle::LoadMoments>("loadMoments"),
                         InstanceMethod<&ModelHandle::StepCount>("stepCount"),
                         InstanceMethod<&ModelHandle::Snapshot>("snapshot"),
                         InstanceMethod<&ModelHandle::Dispose>("dispose"),
                     });
}

Napi::Value ModelHandle::Make(Napi::Env env, std::function<std::shared_ptr<Model>()> make) {
  Environment& environment = Environment::Of(env);
  const std::shared_ptr<Lane> lane = environment.lanes->Open(environment.threads);
  return Enqueue(
      env, lane, std::make_shared<Cancel>(), Napi::Object::New(env), std::move(make),
      [lane](Napi::Env env, std::shared_ptr<Model>& model) -> Napi::Value { return Wrap(env, lane, std::move(model)); },
      [lane, lanes = environment.lanes] { lanes->Close(lane); });
}

Napi::Object ModelHandle::Wrap(Napi::Env env, const std::shared_ptr<Lane>& lane, std::shared_ptr<Model> model) {
  Napi::Object object = Environment::Of(env).model_class.New({});
  ModelHandle* handle = Unwrap(object);
  handle->lane_ = lane;
  handle->lanes_ = Environment::Of(env).lanes;
  handle->reported_bytes_ = model->parameters().size_bytes();
  handle->model_ = std::move(model);
  Napi::MemoryManagement::AdjustExternalMemory(env, handle->reported_bytes_);
  return object;
}

ModelHandle::ModelHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ModelHandle>(info) {
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

// The net below dispose(): pending jobs hold the JavaScript object, so a collected model is an idle one.
ModelHandle::~ModelHandle() {
  if (model_ == nullptr || lanes_->ended) return;
  model_.reset();
  lanes_->Close(lane_);
  Napi::MemoryManagement::AdjustExternalMemory(Env(), -reported_bytes_);
}

std::shared_ptr<Model> ModelHandle::ModelOf(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(value.Env(), std::string("Expected a model for ") + name + " but received another value.");
  }
  std::shared_ptr<Model> model = Unwrap(value.As<Napi::Object>())->model_;
  if (model == nullptr) throw ToJsError(value.Env(), kDisposed);
  return model;
}

template <typename Work, typename Settle>
Napi::Value ModelHandle::Queue(const Napi::CallbackInfo& info, size_t cancel_argument, Work work, Settle settle) {
  if (model_ == nullptr) return Rejected(info.Env(), kDisposed);
  const std::shared_ptr<Cancel> cancel = CancelToken::FlagOf(info[cancel_argument]);
  return Enqueue(
      info.Env(), lane_, cancel, Value(),
      [model = model_, cancel, work = std::move(work)]() mutable { return work(*model, *cancel); }, std::move(settle));
}

Napi::Value ModelHandle::ParameterCount(const Napi::CallbackInfo& info) {
  if (model_ == nullptr) throw ToJsError(info.Env(), kDisposed);
  return Napi::Number::New(info.Env(), static_cast<double>(model_->parameters().count()));
}

Napi::Value ModelHandle::ListParameters(const Napi::CallbackInfo& info) {
  if (model_ == nullptr) throw ToJsError(info.Env(), kDisposed);
  return FromParameters(info.Env(), *model_);
}

Napi::Value ModelHandle::Score(const Napi::CallbackInfo& info) {
  return Queue(
      info, 2,
      [batch = ToBatch(ToObject(info[0], "batch")), options = ToScoreOptions(info[1])](Model& model, const Cancel& cancel) {
        return model.ScoreBatch(batch, options, cancel);
      },
      FromScores);
}

Napi::Value ModelHandle::Encode(const Napi::CallbackInfo& info) {
  return Queue(
      info, 2,
      [batch = ToBatch(ToObject(info[0], "batch")), layers = static_cast<int64_t>(ToNumber(info[1], "layers"))](
          Model& model, const Cancel& cancel) { return model.EncodeBatch(batch, layers, cancel); },
      FromTensor);
}

Napi::Value ModelHandle::OpenSession(const Napi::CallbackInfo& info) {
  return Queue(
      info, 1,
      [options = ToSessionOptions(info[0])](Model& model, const Cancel&) {
        return std::shared_ptr<Session>(model.OpenSession(options));
      },
      [model = model_, lane = lane_](Napi::Env env, std::shared_ptr<Session>& session) -> Napi::Value {
        return SessionHandle::Wrap(env, lane, model, std::move(session));
      });
}

Napi::Value ModelHandle::TrainStep(const Napi::CallbackInfo& info) {
  const Napi::Value reference = ToObject(info[0], "request").Get("reference");
  std::shared_ptr<Model> frozen = reference.IsUndefined() ? nullptr : ModelOf(reference, "reference");
  return Queue(
      info, 1,
      [request = ToTrainStepRequest(info[0]), frozen = std::move(frozen)](Model& model, const Cancel& cancel) {
        return model.TrainStep(request, frozen.get(), cancel);
      },
      FromTrainStep);
}

Napi::Value ModelHandle::Read(const Napi::CallbackInfo& info) {
  const std::string what = ToText(info[1], "what");
  return Queue(
      info, 2,
      [name = ToText(info[0], "name"), gradient = what == "gradient"](Model& model, const Cancel&) {
        return model.Read(name, gradient);
      },
      FromTensor);
}

Napi::Value ModelHandle::WriteValues(const Napi::CallbackInfo& info) {
  return Queue(
      info, 2,
      [fd = static_cast<int>(ToNumber(info[0], "fd")), slices = ToSlices(info[1])](Model& model, const Cancel& cancel) {
        model.WriteValues(fd, slices, cancel);
        return Nothing{};
      },
      Undefined);
}

Napi::Value ModelHandle::WriteMoments(const Napi::CallbackInfo& info) {
  return Queue(
      info, 2,
      [fd = static_cast<int>(ToNumber(info[0], "fd")), names = ToTexts(info[1], "names")](Model& model,
                                                                                         const Cancel& cancel) {
        model.WriteMoments(fd, names, cancel);
        return Nothing{};
      },
      Undefined);
}

Napi::Value ModelHandle::LoadMoments(const Napi::CallbackInfo& info) {
  return Queue(
      info, 4,
      [path = ToText(info[0], "path"), offset = static_cast<int64_t>(ToNumber(info[1], "offset")),
       names = ToTexts(info[2], "names"), steps = static_cast<int64_t>(ToNumber(info[3], "stepCount"))](
          Model& model, const Cancel&) {
        model.LoadMoments(path, offset, names, steps);
        return Nothing{};
      },
      Undefined);
}

Napi::Value ModelHandle::StepCount(const Napi::CallbackInfo& info) {
  return Queue(
      info, 0, [](Model& model, const Cancel&) { return model.optimizer_steps(); },
      [](Napi::Env env, int64_t steps) -> Napi::Value { return Napi::Number::New(env, static_cast<double>(steps)); });
}

Napi::Value ModelHandle::Snapshot(const Napi::CallbackInfo& info) {
  // Copied on this model's thread, so that the copy comes after the steps queued before it.
  return Queue(
      info, 0, [](Model& model, const Cancel&) { return model.Snapshot(); },
      [](Napi::Env env, std::shared_ptr<Model>& model) -> Napi::Value {
        Environment& environment = Environment::Of(env);
        return Wrap(env, environment.lanes->Open(environment.threads), std::move(model));
      });
}

Napi::Value ModelHandle::Dispose(const Napi::CallbackInfo& info) {
  if (model_ == nullptr) {
    auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(info.Env().Undefined());
    return deferred.Promise();
  }
  return Enqueue(
      info.Env(), lane_, std::make_shared<Cancel>(), Value(),
      [model = std::exchange(model_, nullptr)]() mutable {
        model.reset();
        return Nothing{};
      },
      [bytes = reported_bytes_, lane = lane_, lanes = lanes_](Napi::Env env, const Nothing&) {
        lanes->Close(lane);
        Napi::MemoryManagement::AdjustExternalMemory(env, -bytes);
        return env.Undefined();
      });
}

}  // namespace lethe::binding
