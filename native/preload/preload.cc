// Opens shared libraries for the whole process before the main addon is required. It knows Node's C interface and
// the dynamic loader, and nothing of libtorch: it is what runs when libtorch is not there yet.
#include <dlfcn.h>
#include <node_api.h>

#include <string>

namespace {

// Throws unless `status` is fine; true when it is.
bool Check(napi_env env, napi_status status) {
  if (status == napi_ok) return true;
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  napi_throw_error(env, "ERR_NATIVE",
                   info != nullptr && info->error_message != nullptr ? info->error_message : "N-API call failed");
  return false;
}

// open(path: string): undefined. RTLD_GLOBAL so that the main addon finds the symbols; RTLD_NOW so that a library
// that does not fit fails here, with its name, and not at the first call into it. Never closed: libtorch cannot be.
napi_value Open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  if (!Check(env, napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr))) return nullptr;
  napi_valuetype type = napi_undefined;
  if (count == 1) napi_typeof(env, argument, &type);
  if (type != napi_string) {
    napi_throw_type_error(env, "ERR_INVALID_OPTION", "Expected the path of a shared library, a string.");
    return nullptr;
  }

  size_t length = 0;
  if (!Check(env, napi_get_value_string_utf8(env, argument, nullptr, 0, &length))) return nullptr;
  std::string path(length, '\0');
  if (!Check(env, napi_get_value_string_utf8(env, argument, path.data(), length + 1, &length))) return nullptr;

  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    napi_throw_error(env, "ERR_NATIVE", reason != nullptr ? reason : "dlopen failed");
  }
  return nullptr;
}

}  // namespace

// { open, builtAgainst }: the libtorch release that lethe.node beside it was compiled against.
NAPI_MODULE_INIT() {
  napi_value open;
  napi_value built_against;
  if (!Check(env, napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &open)) ||
      !Check(env, napi_set_named_property(env, exports, "open", open)) ||
      !Check(env, napi_create_string_utf8(env, LETHE_BUILT_AGAINST, NAPI_AUTO_LENGTH, &built_against)) ||
      !Check(env, napi_set_named_property(env, exports, "builtAgainst", built_against))) {
    return nullptr;
  }
  return exports;
}
