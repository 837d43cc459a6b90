#pragma once

#include "tun-device.h"

/** Opens /dev/net/tun and asks for the most that the kernel grants. */
class TunOpener {
 public:
  explicit TunOpener(const TunDevice::Options& options) : options_(options) {}

  SystemFailure open();

  FileDescriptor takeDescriptor() { return std::move(descriptor_); }
  const InterfaceName& name() const { return name_; }
  const Offloads& offloads() const { return offloads_; }

 private:
  SystemFailure attach(bool hasVirtioHeader);
  SystemFailure prepareVirtioHeader();
  void askForOffloads();

  TunDevice::Options options_;
  FileDescriptor descriptor_;
  InterfaceName name_ = {};
  Offloads offloads_;
};
