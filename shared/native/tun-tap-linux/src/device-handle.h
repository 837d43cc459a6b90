#pragma once

#include <memory>

#include "delivery-rows.h"
#include "tun-device.h"

/** What a JavaScript handle holds. */
struct DeviceHandle {
  std::unique_ptr<TunDevice> device;
  DeliveryRows rows;
};
