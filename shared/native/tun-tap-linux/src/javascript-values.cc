#include "javascript-values.h"

#include <cstdio>
#include <cstring>

napi_value makeNumber(napi_env env, double value) {
  napi_value number = nullptr;
  napi_create_double(env, value, &number);
  return number;
}

void setNumber(napi_env env, napi_value object, const char* key, double value) {
  napi_set_named_property(env, object, key, makeNumber(env, value));
}

void setBoolean(napi_env env, napi_value object, const char* key, bool value) {
  napi_value boolean = nullptr;
  napi_get_boolean(env, value, &boolean);
  napi_set_named_property(env, object, key, boolean);
}

void setText(napi_env env, napi_value object, const char* key, const char* value) {
  napi_value text = nullptr;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, object, key, text);
}

void throwSystemFailure(napi_env env, const SystemFailure& failure) {
  const char* code = strerrorname_np(failure.code);
  char message[160];
  snprintf(message, sizeof message, "%s: %s", failure.operation, strerror(failure.code));
  napi_value text = nullptr;
  napi_value error = nullptr;
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_error(env, nullptr, text, &error);
  setText(env, error, "code", code == nullptr ? "UNKNOWN" : code);
  setText(env, error, "operation", failure.operation);
  napi_throw(env, error);
}
