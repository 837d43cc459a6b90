#pragma once

#include <node_api.h>

#include <cstdint>

#include "system-failure.h"

// What functions of the addon give back to JavaScript.

napi_value makeNumber(napi_env env, double value);
void setNumber(napi_env env, napi_value object, const char* key, double value);
void setBoolean(napi_env env, napi_value object, const char* key, bool value);
void setText(napi_env env, napi_value object, const char* key, const char* value);

/** Throws an Error with `code` ("EPERM") and `operation` ("TUNSETIFF"). */
void throwSystemFailure(napi_env env, const SystemFailure& failure);
