#pragma once

#include <memory>

#include "call-arguments.h"
#include "delivery-rows.h"
#include "tun-device.h"

/** What a JavaScript handle holds. */
struct DeviceHandle {
  std::unique_ptr<TunDevice> device;
  DeliveryRows rows;
};

/** The handle behind a value; null after throwing, also when the device is closed (EBADF in this operation). */
DeviceHandle* getOpenDevice(const CallArguments& call, napi_value value, const char* operation);
