#include "sender.h"

#include <linux/udp.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace dgram {

namespace {

size_t writeSegmentLength(uint8_t* control, uint16_t length) {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof length);
  header.cmsg_level = IPPROTO_UDP;
  header.cmsg_type = UDP_SEGMENT;
  std::memcpy(control, &header, sizeof header);
  std::memcpy(control + CMSG_LEN(0), &length, sizeof length);
  return CMSG_SPACE(sizeof length);
}

}  // namespace

bool Sender::submit(int socket, SendQueue& queue, SocketCounters& counters) {
  hasRetriedRefusal_ = false;
  while (!queue.isEmpty()) {
    const size_t count = fill(queue);
    const int sent = sendmmsg(socket, messages_, static_cast<unsigned>(count), MSG_DONTWAIT);
    counters.sendCalls++;
    if (sent > 0) {
      for (int index = 0; index < sent; index++) account(messages_[index], queue, counters);
      hasRetriedRefusal_ = false;
    } else if (judge(errno, queue, counters) == Verdict::blocked) {
      return false;
    }
  }
  return true;
}

size_t Sender::fill(SendQueue& queue) {
  messageCount_ = 0;
  pieceCount_ = 0;
  for (uint32_t index = queue.firstRun(); index < queue.endRun() && messageCount_ < MAXIMUM_MESSAGES; index++) {
    const Run& run = queue.run(index);
    if (hasSegmentation_ && !run.isSingly) {
      addMessage(queue, run, run.firstSlot, run.count);
      continue;
    }
    uint32_t slot = run.firstSlot;
    for (uint32_t done = 0; done < run.count && messageCount_ < MAXIMUM_MESSAGES; done++) {
      addMessage(queue, run, slot, 1);
      slot = queue.next(slot);
    }
  }
  return messageCount_;
}

void Sender::addMessage(SendQueue& queue, const Run& run, uint32_t firstSlot, uint32_t count) {
  uint8_t* control = controls_[messageCount_];
  mmsghdr& message = messages_[messageCount_++];
  Destination& destination = queue.destination(run);
  message = {};
  message.msg_hdr.msg_name = &destination.address;
  message.msg_hdr.msg_namelen = destination.addressLength;
  message.msg_hdr.msg_iov = &pieces_[pieceCount_];
  message.msg_hdr.msg_iovlen = count;
  uint32_t slot = firstSlot;
  for (uint32_t done = 0; done < count; done++) {
    pieces_[pieceCount_++] = {.iov_base = queue.bytes(slot), .iov_len = queue.length(slot)};
    slot = queue.next(slot);
  }
  size_t space = destination.packetInfoSpace;
  std::memcpy(control, destination.packetInfo, space);
  if (count > 1) space += writeSegmentLength(control + space, static_cast<uint16_t>(run.segmentLength));
  message.msg_hdr.msg_control = space == 0 ? nullptr : control;
  message.msg_hdr.msg_controllen = space;
}

void Sender::account(const mmsghdr& message, SendQueue& queue, SocketCounters& counters) {
  const size_t count = message.msg_hdr.msg_iovlen;
  counters.sentDatagrams += count;
  counters.sentBytes += message.msg_len;
  if (count > 1) {
    counters.segmentedRuns++;
    counters.segmentedDatagrams += count;
  }
  queue.consume(static_cast<uint32_t>(count));
}

Sender::Verdict Sender::judge(int error, SendQueue& queue, SocketCounters& counters) {
  if (error == EINTR) return Verdict::retry;
  counters.lastError = error;
  if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
    counters.blocked++;
    return Verdict::blocked;
  }
  const auto count = static_cast<uint32_t>(messages_[0].msg_hdr.msg_iovlen);
  if (count > 1 && error == EIO) {
    // The device cannot sum the checksums of segments (udp(7)): it never will.
    hasSegmentation_ = false;
  } else if (count > 1 && (error == EMSGSIZE || error == EINVAL)) {
    // Too long for the device: EINVAL before Linux 6.14. The last one may be short enough, so each is tried.
    queue.run(queue.firstRun()).isSingly = true;
  } else if (error == ECONNREFUSED && !hasRetriedRefusal_) {
    hasRetriedRefusal_ = true;
  } else {
    if (error == EMSGSIZE) noteRefused(queue);
    counters.countDrops(error, count);
    queue.consume(count);
    hasRetriedRefusal_ = false;
  }
  return Verdict::retry;
}

void Sender::noteRefused(SendQueue& queue) {
  const Run& run = queue.run(queue.firstRun());
  refused_.note(queue.destination(run).record, queue.length(run.firstSlot));
}

}  // namespace dgram
