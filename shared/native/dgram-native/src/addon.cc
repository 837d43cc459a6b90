#include <node_api.h>

#include <vector>

#include "bindings.h"
#include "javascript-call.h"

namespace dgram {

void exportClass(napi_env env, napi_value exports, const char* name, napi_callback constructor,
                 std::initializer_list<Method> methods) {
  std::vector<napi_property_descriptor> properties;
  for (const Method& method : methods) {
    properties.push_back({.utf8name = method.name,
                          .name = nullptr,
                          .method = method.callback,
                          .getter = nullptr,
                          .setter = nullptr,
                          .value = nullptr,
                          .attributes = napi_default_method,
                          .data = nullptr});
  }
  napi_value defined = nullptr;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, nullptr, properties.size(), properties.data(),
                    &defined);
  setProperty(env, exports, name, defined);
}

void exportFunction(napi_env env, napi_value exports, const Method& function) {
  napi_value created = nullptr;
  napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.callback, nullptr, &created);
  setProperty(env, exports, function.name, created);
}

}  // namespace dgram

// No state is kept here: every environment (a worker thread has its own) gets its own classes.
NAPI_MODULE_INIT() {
  dgram::exportAead(env, exports);
  dgram::exportUdpSocket(env, exports);
  dgram::exportPoller(env, exports);
  dgram::exportSystem(env, exports);
  return exports;
}
