#pragma once

#include <poll.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "file-descriptor.h"
#include "system-failure.h"

namespace dgram {

// Waits for a few descriptors with nanosecond timeouts; any thread can wake it.
class Poller {
 public:
  static constexpr int READABLE = 1;
  static constexpr int WRITABLE = 2;
  static constexpr int FAILED = 4;

  // Null on failure; `failure` says why.
  static std::unique_ptr<Poller> open(SystemFailure& failure);
  ~Poller() { close(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  bool isOpen() const { return wakeUp_.isOpen(); }
  int wakeDescriptor() const { return wakeUp_.number(); }
  void close();

  void set(int descriptor, bool isReadable, bool isWritable);
  // False when the descriptor was not set.
  bool remove(int descriptor);

  // Waits until a descriptor is ready, a wake-up, a signal, or the time in milliseconds (infinite: no limit) is over.
  // Returns false when the kernel failed.
  bool wait(double milliseconds, SystemFailure& failure);

  // Whether another thread ended the latest wait.
  bool wasWoken() const { return wasWoken_; }

  // Takes the next ready descriptor of the latest wait; false when there is none left.
  bool takeReady(int& descriptor, int& mask);

 private:
  explicit Poller(FileDescriptor wakeUp);
  pollfd* find(int descriptor);
  void drainWakeUp();

  FileDescriptor wakeUp_;
  // The first is the wake-up. A descriptor that waits for nothing is stored as its complement, which poll(2) skips.
  std::vector<pollfd> entries_;
  // Where the search for ready descriptors goes on, so that none starves when the caller takes few.
  size_t cursor_ = 0;
  size_t unseen_ = 0;
  bool wasWoken_ = false;
};

}  // namespace dgram
