#pragma once

#include <cstdint>

/** Layer 3 (packets begin with the IP header) or layer 2 (with the Ethernet header). */
enum class DeviceKind : uint8_t { tun, tap };
