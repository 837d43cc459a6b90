#pragma once

#include <mutex>
#include <vector>

namespace dgram {

// The event descriptors of all pollers of this process, so that a thread can wake another one by a mere number: a
// number that is not, or no longer, a poller's wakes nobody and never writes to somebody else's file.
class WakeRegistry {
 public:
  static WakeRegistry& instance();

  void add(int descriptor);
  // After this nobody writes to the descriptor any more, and it may be closed.
  void remove(int descriptor);
  // False when no poller has this descriptor.
  bool wake(int descriptor);

 private:
  WakeRegistry() = default;

  std::mutex mutex_;
  std::vector<int> descriptors_;
};

}  // namespace dgram
