// The JavaScript handle of a cancellation flag.
#pragma once

#include "napi.h"

#include <memory>

#include "../core/cancel.h"

namespace lethe::binding {

class CancelToken : public Napi::ObjectWrap<CancelToken> {
 public:
  static Napi::Function Define(Napi::Env env);
  // The flag behind `value`, or a fresh one for undefined; throws a TypeError for anything else.
  static std::shared_ptr<Cancel> FlagOf(const Napi::Value& value);

  explicit CancelToken(const Napi::CallbackInfo& info);

 private:
  void Request(const Napi::CallbackInfo&) { flag_->Request(); }

  std::shared_ptr<Cancel> flag_ = std::make_shared<Cancel>();
};

}  // namespace lethe::binding
