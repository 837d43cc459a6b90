#pragma once

#include <node_api.h>

// The functions of the addon that work on a device; index.ts says what they take and give.

napi_value openDevice(napi_env env, napi_callback_info info);
napi_value closeDevice(napi_env env, napi_callback_info info);
napi_value readDevice(napi_env env, napi_callback_info info);
napi_value writeDevice(napi_env env, napi_callback_info info);
napi_value waitReadable(napi_env env, napi_callback_info info);
napi_value setMtu(napi_env env, napi_callback_info info);
napi_value setTransmitQueueLength(napi_env env, napi_callback_info info);
napi_value setUp(napi_env env, napi_callback_info info);
napi_value readStatistics(napi_env env, napi_callback_info info);
