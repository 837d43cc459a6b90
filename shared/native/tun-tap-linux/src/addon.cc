#include <node_api.h>

#include "device-functions.h"
#include "packet-functions.h"
#include "steering-functions.h"

namespace {

struct ExportedFunction {
  const char* name;
  napi_callback callback;
};

constexpr ExportedFunction FUNCTIONS[] = {
    {"openDevice", openDevice},
    {"closeDevice", closeDevice},
    {"readDevice", readDevice},
    {"writeDevice", writeDevice},
    {"waitReadable", waitReadable},
    {"setMtu", setMtu},
    {"setTransmitQueueLength", setTransmitQueueLength},
    {"setUp", setUp},
    {"readStatistics", readStatistics},
    {"completeChecksum", completeChecksum},
    {"cutSuperPacket", cutSuperPacket},
    {"joinSegments", joinSegments},
    {"createSteering", createSteering},
    {"shareSteering", shareSteering},
    {"setSteering", setSteering},
    {"removeSteering", removeSteering},
    {"attachSteering", attachSteering},
    {"closeSteering", closeSteering},
};

}  // namespace

NAPI_MODULE_INIT() {
  for (const ExportedFunction& exported : FUNCTIONS) {
    napi_value function = nullptr;
    napi_create_function(env, exported.name, NAPI_AUTO_LENGTH, exported.callback, nullptr, &function);
    napi_set_named_property(env, exports, exported.name, function);
  }
  return exports;
}
