#pragma once

#include <node_api.h>

// The functions of the addon that say which queue gets what; queue-steering.ts says what they take and give.

napi_value createSteering(napi_env env, napi_callback_info info);
napi_value shareSteering(napi_env env, napi_callback_info info);
napi_value setSteering(napi_env env, napi_callback_info info);
napi_value removeSteering(napi_env env, napi_callback_info info);
napi_value attachSteering(napi_env env, napi_callback_info info);
napi_value closeSteering(napi_env env, napi_callback_info info);
