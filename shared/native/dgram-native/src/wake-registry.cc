#include "wake-registry.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace dgram {

WakeRegistry& WakeRegistry::instance() {
  // Never destroyed: worker threads may outlive the static objects.
  static auto* registry = new WakeRegistry();
  return *registry;
}

void WakeRegistry::add(int descriptor) {
  const std::lock_guard lock(mutex_);
  descriptors_.push_back(descriptor);
}

void WakeRegistry::remove(int descriptor) {
  const std::lock_guard lock(mutex_);
  std::erase(descriptors_, descriptor);
}

bool WakeRegistry::wake(int descriptor) {
  const std::lock_guard lock(mutex_);
  if (std::find(descriptors_.begin(), descriptors_.end(), descriptor) == descriptors_.end()) return false;
  const uint64_t one = 1;
  // A full counter means that a wake-up is pending already.
  return write(descriptor, &one, sizeof one) == sizeof one || errno == EAGAIN;
}

}  // namespace dgram
