// One promise job: capture on the JavaScript thread, compute on a lane's thread without the environment, settle on the
// JavaScript thread.
#pragma once

#include "napi.h"

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "../core/cancel.h"
#include "../core/failure.h"
#include "environment.h"

namespace lethe::binding {

inline Napi::Error ToJsError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  return error;
}

inline Napi::Value Rejected(Napi::Env env, const Failure& failure) {
  auto deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(ToJsError(env, failure).Value());
  return deferred.Promise();
}

// The result of work that has none.
struct Nothing {};

inline Napi::Value Undefined(Napi::Env env, const Nothing&) { return env.Undefined(); }

// Resolves with what `settle` makes of the value, or rejects with what it throws.
template <typename Settler, typename Value>
void Settle(const Napi::Promise::Deferred& deferred, Napi::Env env, const Settler& settle, Value& value) {
  try {
    deferred.Resolve(settle(env, value));
  } catch (const Napi::Error& error) {
    deferred.Reject(error.Value());
  }
}

// `work()` returns a value on the lane's thread; `settle(env, value)` turns it into JavaScript, `fail()` cleans up
// after an error. `keep` stays alive meanwhile.
template <typename Work, typename Settler, typename Fail>
Napi::Value Enqueue(Napi::Env env, const std::shared_ptr<Lane>& lane, const std::shared_ptr<Cancel>& cancel, Napi::Object keep,
                    Work work, Settler settle, Fail fail) {
  using Value = decltype(work());
  struct Outcome {
    std::optional<Value> value;
    Failure failure;
  };
  // What may be touched on the JavaScript thread only. Deleted there by the finalizer of the thread-safe function,
  // which Node runs at the end of the job or of the environment, whichever comes first.
  struct JsSide {
    Napi::Promise::Deferred deferred;
    Napi::ObjectReference keep;
  };

  auto* js = new JsSide{Napi::Promise::Deferred::New(env), Napi::Persistent(keep)};
  Napi::Value promise = js->deferred.Promise();
  auto channel = Napi::ThreadSafeFunction::New(env, Napi::Function(), "lethe job", 0, 1, [js](Napi::Env) { delete js; });

  auto job = [channel, js, lane, cancel, work = std::move(work), settle = std::move(settle),
              fail = std::move(fail)]() mutable {
    auto outcome = std::make_shared<Outcome>();
    try {
      cancel->Check();
      outcome->value.emplace(work());
    } catch (...) {
      outcome->failure = DescribeFailure(std::current_exception());
    }
    // Returns napi_closing when the environment has ended meanwhile: then nobody waits for the outcome, and `js` is gone.
    channel.BlockingCall([js, lane, cancel, outcome, settle = std::move(settle), fail = std::move(fail)](
                             Napi::Env env, Napi::Function) {
      Napi::HandleScope scope(env);
      lane->Untrack(cancel);
      // A terminated worker thread can call no JavaScript: even rejecting throws there, and nobody is left to tell.
      try {
        if (outcome->value) {
          Settle(js->deferred, env, settle, *outcome->value);
        } else {
          fail();
          js->deferred.Reject(ToJsError(env, outcome->failure).Value());
        }
      } catch (const Napi::Error&) {
      }
    });
    channel.Release();
  };
  if (!lane->Post(cancel, std::move(job))) {
    js->deferred.Reject(ToJsError(env, {"ERR_MODEL_DISPOSED", "The model has been disposed."}).Value());
    channel.Release();
  }
  return promise;
}

template <typename Work, typename Settler>
Napi::Value Enqueue(Napi::Env env, const std::shared_ptr<Lane>& lane, const std::shared_ptr<Cancel>& cancel, Napi::Object keep,
                    Work work, Settler settle) {
  return Enqueue(env, lane, cancel, keep, std::move(work), std::move(settle), [] {});
}

}  // namespace lethe::binding
