// The JavaScript handle of a decoding session. Its work is queued on its model's thread.
#pragma once

#include "napi.h"

#include <memory>

#include "../core/model.h"
#include "environment.h"

namespace lethe::binding {

class SessionHandle : public Napi::ObjectWrap<SessionHandle> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object Wrap(Napi::Env env, std::shared_ptr<Lane> lane, std::shared_ptr<Model> model,
                           std::shared_ptr<Session> session);

  explicit SessionHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SessionHandle>(info) {}

 private:
  Napi::Value AddPrompts(const Napi::CallbackInfo& info);
  Napi::Value DropPrompts(const Napi::CallbackInfo& info);
  Napi::Value AddRows(const Napi::CallbackInfo& info);
  Napi::Value DropRows(const Napi::CallbackInfo& info);
  Napi::Value Step(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  template <typename Work, typename Settle>
  Napi::Value Queue(const Napi::CallbackInfo& info, size_t cancel_argument, Work work, Settle settle);

  std::shared_ptr<Lane> lane_;
  std::shared_ptr<Model> model_;
  std::shared_ptr<Session> session_;  // null once closed
};

}  // namespace lethe::binding
