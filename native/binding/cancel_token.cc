#include "cancel_token.h"

namespace lethe::binding {
namespace {

// Handles are tagged: an object of another kind is a TypeError and not a wild pointer.
constexpr napi_type_tag kTag = {0x8f7c1d2ab35e4906ULL, 0x9be204d6c7f1a853ULL};

}  // namespace

Napi::Function CancelToken::Define(Napi::Env env) {
  return DefineClass(env, "CancelToken", {InstanceMethod<&CancelToken::Request>("cancel")});
}

CancelToken::CancelToken(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CancelToken>(info) {
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

std::shared_ptr<Cancel> CancelToken::FlagOf(const Napi::Value& value) {
  if (value.IsUndefined()) return std::make_shared<Cancel>();
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(value.Env(), "Expected a cancel token but received a value of another type.");
  }
  return Unwrap(value.As<Napi::Object>())->flag_;
}

}  // namespace lethe::binding
