#include "session_handle.h"

#include <utility>

#include "cancel_token.h"
#include "convert.h"
#include "job.h"

namespace lethe::binding {

Napi::Function SessionHandle::Define(Napi::Env env) {
  return DefineClass(env, "NativeSession",
                     {
                         InstanceMethod<&SessionHandle::AddPrompts>("addPrompts"),
                         InstanceMethod<&SessionHandle::DropPrompts>("dropPrompts"),
                         InstanceMethod<&SessionHandle::AddRows>("addRows"),
                         InstanceMethod<&SessionHandle::DropRows>("dropRows"),
                         InstanceMethod<&SessionHandle::Step>("step"),
                         InstanceMethod<&SessionHandle::Close>("close"),
                     });
}

Napi::Object SessionHandle::Wrap(Napi::Env env, std::shared_ptr<Lane> lane, std::shared_ptr<Model> model,
                                 std::shared_ptr<Session> session) {
  Napi::Object object = Environment::Of(env).session_class.New({});
  SessionHandle* handle = Unwrap(object);
  handle->lane_ = std::move(lane);
  handle->model_ = std::move(model);
  handle->session_ = std::move(session);
  return object;
}

template <typename Work, typename Settle>
Napi::Value SessionHandle::Queue(const Napi::CallbackInfo& info, size_t cancel_argument, Work work, Settle settle) {
  if (session_ == nullptr) return Rejected(info.Env(), {"ERR_MODEL_DISPOSED", "Expected an open session but this one is closed."});
  const std::shared_ptr<Cancel> cancel = CancelToken::FlagOf(info[cancel_argument]);
  return Enqueue(
      info.Env(), lane_, cancel, Value(),
      [model = model_, session = session_, cancel, work = std::move(work)]() mutable {
        return work(*model, *session, *cancel);
      },
      std::move(settle));
}

Napi::Value SessionHandle::AddPrompts(const Napi::CallbackInfo& info) {
  const Napi::Object prompts = ToObject(info[0], "prompts");
  return Queue(
      info, 1,
      [batch = ToBatch(prompts), ids = ToInts(prompts, "ids")](Model& model, Session& session, const Cancel& cancel) {
        model.AddPrompts(session, batch, ids, cancel);
        return Nothing{};
      },
      Undefined);
}

Napi::Value SessionHandle::DropPrompts(const Napi::CallbackInfo& info) {
  return Queue(
      info, 1,
      [ids = ToInts(ToObject(info[0], "prompts"), "ids")](Model&, Session& session, const Cancel&) {
        session.DropPrompts(ids);
        return Nothing{};
      },
      Undefined);
}

Napi::Value SessionHandle::AddRows(const Napi::CallbackInfo& info) {
  return Queue(
      info, 1,
      [rows = ToRows(info[0])](Model&, Session& session, const Cancel&) {
        session.AddRows(rows);
        return Nothing{};
      },
      Undefined);
}

Napi::Value SessionHandle::DropRows(const Napi::CallbackInfo& info) {
  return Queue(
      info, 1,
      [ids = ToInts(ToObject(info[0], "rows"), "ids")](Model&, Session& session, const Cancel&) {
        session.DropRows(ids);
        return Nothing{};
      },
      Undefined);
}

Napi::Value SessionHandle::Step(const Napi::CallbackInfo& info) {
  return Queue(
      info, 1,
      [steps = static_cast<int64_t>(ToNumber(info[0], "steps"))](Model& model, Session& session, const Cancel& cancel) {
        return model.Step(session, steps, cancel);
      },
      FromSteps);
}

Napi::Value SessionHandle::Close(const Napi::CallbackInfo& info) {
  model_ = nullptr;
  if (lane_->closed()) session_ = nullptr;  // The model was disposed of before its session: nothing runs that could use it.
  if (session_ == nullptr) {
    auto deferred = Napi::Promise::Deferred::New(info.Env());
    deferred.Resolve(info.Env().Undefined());
    return deferred.Promise();
  }
  return Enqueue(
      info.Env(), lane_, std::make_shared<Cancel>(), Value(),
      [session = std::exchange(session_, nullptr)]() mutable {
        session.reset();
        return Nothing{};
      },
      Undefined);
}

}  // namespace lethe::binding
