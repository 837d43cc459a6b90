#pragma once

#include <net/if.h>

#include <cstdint>

#include "interface-name.h"
#include "system-failure.h"

/** Settings of a network interface, found by name in the network namespace of the calling thread. */
class NetworkInterface {
 public:
  explicit NetworkInterface(const InterfaceName& name) : name_(name) {}

  SystemFailure setMtu(int32_t bytes) const;
  SystemFailure setTransmitQueueLength(int32_t packets) const;
  SystemFailure setUp() const;

 private:
  ifreq request() const;

  InterfaceName name_;
};
