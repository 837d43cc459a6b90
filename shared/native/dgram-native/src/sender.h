#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "refused-sizes.h"
#include "send-queue.h"
#include "socket-counters.h"

namespace dgram {

// Hands the datagrams of a send queue to the kernel, as many by one call as it takes.
class Sender {
 public:
  void setSegmentation(bool isOn) { hasSegmentation_ = isOn; }
  bool hasSegmentation() const { return hasSegmentation_; }

  // Sends until the queue is empty (true) or the kernel takes no more (false). What can never be sent is dropped and
  // counted by errno.
  bool submit(int socket, SendQueue& queue, SocketCounters& counters);

  // What was dropped as too long since it was taken.
  RefusedSizes& refused() { return refused_; }

 private:
  static constexpr size_t MAXIMUM_MESSAGES = 64;
  static constexpr size_t CONTROL_SPACE = CMSG_SPACE(sizeof(uint16_t)) + PACKET_INFO_SPACE;

  enum class Verdict { retry, blocked };

  size_t fill(SendQueue& queue);
  void addMessage(SendQueue& queue, const Run& run, uint32_t firstSlot, uint32_t count);
  void account(const mmsghdr& message, SendQueue& queue, SocketCounters& counters);
  Verdict judge(int error, SendQueue& queue, SocketCounters& counters);
  void noteRefused(SendQueue& queue);

  bool hasSegmentation_ = false;
  // ECONNREFUSED tells of an earlier datagram, so the present one is tried again, once.
  bool hasRetriedRefusal_ = false;
  RefusedSizes refused_;
  size_t messageCount_ = 0;
  size_t pieceCount_ = 0;
  mmsghdr messages_[MAXIMUM_MESSAGES];
  iovec pieces_[SendQueue::CAPACITY];
  alignas(cmsghdr) uint8_t controls_[MAXIMUM_MESSAGES][CONTROL_SPACE];
};

}  // namespace dgram
