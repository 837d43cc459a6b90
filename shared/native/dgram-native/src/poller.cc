#include "poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <new>

#include "wake-registry.h"

namespace dgram {

namespace {

constexpr double LONGEST_MILLISECONDS = 1e12;

timespec toTimespec(double milliseconds) {
  const double bounded = std::clamp(milliseconds, 0.0, LONGEST_MILLISECONDS);
  const double seconds = std::floor(bounded / 1e3);
  // Rounded up: waking early would make the caller look at its clock in vain and wait again.
  const double nanoseconds = std::ceil((bounded - seconds * 1e3) * 1e6);
  return {.tv_sec = static_cast<time_t>(seconds), .tv_nsec = std::min(static_cast<long>(nanoseconds), 999'999'999L)};
}

// A failed descriptor counts as ready for whatever it waits for: the next call fetches the error.
int toMask(const pollfd& entry) {
  const bool hasFailed = (entry.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  const int events = hasFailed ? entry.events : entry.revents;
  return ((events & POLLIN) != 0 ? Poller::READABLE : 0) | ((events & POLLOUT) != 0 ? Poller::WRITABLE : 0) |
         (hasFailed ? Poller::FAILED : 0);
}

}  // namespace

std::unique_ptr<Poller> Poller::open(SystemFailure& failure) {
  FileDescriptor wakeUp(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeUp.isOpen()) {
    failure = {.code = errno, .operation = "eventfd"};
    return nullptr;
  }
  std::unique_ptr<Poller> opened(new (std::nothrow) Poller(std::move(wakeUp)));
  if (opened == nullptr) failure = {.code = ENOMEM, .operation = "eventfd"};
  return opened;
}

Poller::Poller(FileDescriptor wakeUp) : wakeUp_(std::move(wakeUp)) {
  entries_.push_back({.fd = wakeUp_.number(), .events = POLLIN, .revents = 0});
  WakeRegistry::instance().add(wakeUp_.number());
}

void Poller::close() {
  if (!wakeUp_.isOpen()) return;
  WakeRegistry::instance().remove(wakeUp_.number());
  wakeUp_.reset();
  entries_.clear();
  unseen_ = 0;
}

void Poller::set(int descriptor, bool isReadable, bool isWritable) {
  const auto events = static_cast<short>((isReadable ? POLLIN : 0) | (isWritable ? POLLOUT : 0));
  pollfd* entry = find(descriptor);
  if (entry == nullptr) entry = &entries_.emplace_back();
  *entry = {.fd = events == 0 ? ~descriptor : descriptor, .events = events, .revents = 0};
}

bool Poller::remove(int descriptor) {
  pollfd* entry = find(descriptor);
  if (entry == nullptr) return false;
  *entry = entries_.back();
  entries_.pop_back();
  return true;
}

bool Poller::wait(double milliseconds, SystemFailure& failure) {
  const timespec timeout = toTimespec(milliseconds);
  const bool hasLimit = milliseconds <= LONGEST_MILLISECONDS;
  const int ready = ppoll(entries_.data(), entries_.size(), hasLimit ? &timeout : nullptr, nullptr);
  unseen_ = 0;
  wasWoken_ = false;
  if (ready < 0) {
    failure = {.code = errno, .operation = "ppoll"};
    return errno == EINTR;
  }
  if (ready == 0) return true;
  unseen_ = entries_.size() - 1;
  wasWoken_ = entries_[0].revents != 0;
  if (wasWoken_) drainWakeUp();
  return true;
}

bool Poller::takeReady(int& descriptor, int& mask) {
  while (unseen_ > 0) {
    unseen_--;
    cursor_ = cursor_ + 1 < entries_.size() ? cursor_ + 1 : 1;
    const pollfd& entry = entries_[cursor_];
    if (entry.revents == 0) continue;
    descriptor = entry.fd;
    mask = toMask(entry);
    return true;
  }
  return false;
}

pollfd* Poller::find(int descriptor) {
  if (descriptor < 0) return nullptr;
  const auto place = std::find_if(entries_.begin() + 1, entries_.end(), [descriptor](const pollfd& entry) {
    return entry.fd == descriptor || entry.fd == ~descriptor;
  });
  return place == entries_.end() ? nullptr : &*place;
}

void Poller::drainWakeUp() {
  uint64_t count;
  while (read(wakeUp_.number(), &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace dgram
