#pragma once

#include <node_api.h>

#include <initializer_list>

namespace dgram {

// Marks the objects that hold a KeyTable.
constexpr napi_type_tag AEAD_TAG = {0x6f0c2f7b3a5e4d19, 0x9b1d6c83e2f74a50};
constexpr napi_type_tag SOCKET_TAG = {0x2c9e51d7b8a04f63, 0x8e4f7a1d03b6c925};
constexpr napi_type_tag POLLER_TAG = {0x71d3a8f2c5e94b06, 0xa2b7e9140d6f3c58};

struct Method {
  const char* name;
  napi_callback callback;
};

// Each adds its part to the module's exports.
void exportAead(napi_env env, napi_value exports);
void exportUdpSocket(napi_env env, napi_value exports);
void exportPoller(napi_env env, napi_value exports);
void exportSystem(napi_env env, napi_value exports);

// Adds a class with these methods under its name.
void exportClass(napi_env env, napi_value exports, const char* name, napi_callback constructor,
                 std::initializer_list<Method> methods);
void exportFunction(napi_env env, napi_value exports, const Method& function);

}  // namespace dgram
