// The addon's entry point: what JavaScript sees is lib/native/contract.ts.
#include "napi.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <string>

#include "cancel_token.h"
#include "convert.h"
#include "environment.h"
#include "job.h"
#include "model_handle.h"
#include "session_handle.h"

namespace lethe::binding {
namespace {

Napi::Value Runtime(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int threads = Environment::Of(env).threads;
  Napi::Object out = Napi::Object::New(env);
  out.Set("torchVersion", Napi::String::New(env, LETHE_BUILT_AGAINST));
  out.Set("threads", Napi::Number::New(env, threads > 0 ? threads : at::get_num_threads()));
  const size_t devices = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  Napi::Array cuda = Napi::Array::New(env, devices);
  for (size_t i = 0; i < devices; ++i) {
    cuda.Set(static_cast<uint32_t>(i), Napi::String::New(env, "cuda:" + std::to_string(i)));
  }
  out.Set("cudaDevices", cuda);
  return out;
}

void SetThreads(const Napi::CallbackInfo& info) {
  const double count = ToNumber(info[0], "threads");
  if (!(count >= 1 && count <= 1024)) {
    throw Napi::RangeError::New(info.Env(), "Expected a number of threads from 1 to 1024 but received another.");
  }
  Environment::Of(info.Env()).threads = static_cast<int>(count);
}

Napi::Value CreateModel(const Napi::CallbackInfo& info) {
  return ModelHandle::Make(info.Env(), [spec = ToSpec(info[0]), device = ToText(info[1], "device"), dtype = ToDType(info[2]),
                                        seed = ToUint64(info[3], "seed"),
                                        range = ToNumber(info[4], "initializerRange")] {
    return Model::Create(spec, device, dtype, seed, range);
  });
}

Napi::Value LoadModel(const Napi::CallbackInfo& info) {
  return ModelHandle::Make(info.Env(), [spec = ToSpec(info[0]), device = ToText(info[1], "device"), dtype = ToDType(info[2]),
                                        sources = ToSources(info[3])] { return Model::Load(spec, device, dtype, sources); });
}

Napi::Value CreateCancelToken(const Napi::CallbackInfo& info) { return Environment::Of(info.Env()).cancel_class.New({}); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment;
  env.SetInstanceData(environment);
  environment->model_class = Napi::Persistent(ModelHandle::Define(env));
  environment->session_class = Napi::Persistent(SessionHandle::Define(env));
  environment->cancel_class = Napi::Persistent(CancelToken::Define(env));
  // A thread of ours must not compute while libtorch's globals are destroyed. A worker thread's environment runs its
  // cleanup hooks; the main thread's process.exit() runs none, only the exit event.
  env.AddCleanupHook([lanes = environment->lanes] { lanes->End(); });
  const Napi::Object process = env.Global().Get("process").As<Napi::Object>();
  process.Get("once").As<Napi::Function>().Call(
      process, {Napi::String::New(env, "exit"),
                Napi::Function::New(env, [lanes = environment->lanes](const Napi::CallbackInfo&) { lanes->End(); })});
  exports.Set("builtAgainst", Napi::String::New(env, LETHE_BUILT_AGAINST));
  exports.Set("runtime", Napi::Function::New<Runtime>(env, "runtime"));
  exports.Set("setThreads", Napi::Function::New<SetThreads>(env, "setThreads"));
  exports.Set("create", Napi::Function::New<CreateModel>(env, "create"));
  exports.Set("load", Napi::Function::New<LoadModel>(env, "load"));
  exports.Set("createCancelToken", Napi::Function::New<CreateCancelToken>(env, "createCancelToken"));
  return exports;
}

}  // namespace
}  // namespace lethe::binding

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) { return lethe::binding::Init(env, exports); }
NODE_API_MODULE(lethe, InitAddon)
