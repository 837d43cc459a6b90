#pragma once

#include <node_api.h>

// The functions of the addon that work on packets in memory; super-packet.ts says what they take and give.

napi_value completeChecksum(napi_env env, napi_callback_info info);
napi_value cutSuperPacket(napi_env env, napi_callback_info info);
napi_value joinSegments(napi_env env, napi_callback_info info);
