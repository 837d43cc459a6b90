#include "receiver.h"

#include <linux/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dgram {

namespace {

// Errors of earlier datagrams that are skipped in one call, so that a call always ends.
constexpr int MAXIMUM_ERRORS = 16;

size_t roundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

bool isFatal(int error) { return error == EBADF || error == ENOTSOCK || error == EFAULT || error == EINVAL; }

size_t readSegmentLength(const cmsghdr& message) {
  if (message.cmsg_level != IPPROTO_UDP || message.cmsg_type != UDP_GRO) return 0;
  int length;
  std::memcpy(&length, CMSG_DATA(&message), sizeof length);
  return length > 0 ? static_cast<size_t>(length) : 0;
}

void writeRow(const ColumnView& columns, size_t row, size_t offset, size_t length, size_t recordOffset,
              const uint8_t* datagram) {
  uint8_t header[8] = {};
  copyBytes(header, datagram, std::min(length, sizeof header));
  columns.set(received::offset, row, static_cast<int64_t>(offset));
  columns.set(received::length, row, static_cast<int64_t>(length));
  columns.set(received::addressOffset, row, static_cast<int64_t>(recordOffset));
  columns.set(received::headerWord0, row, loadBigEndian32(header));
  columns.set(received::headerWord1, row, loadBigEndian32(header + 4));
  columns.set(received::keySlot, row, NO_KEY);
  columns.set(received::isOpened, row, 0);
}

}  // namespace

size_t Receiver::receive(int socket, const Scratch& scratch, const ColumnView& columns, SocketCounters& counters,
                         int& failure) {
  const Layout layout = divide(scratch);
  size_t rows = 0;
  size_t used = 0;
  int errors = 0;
  while (used < layout.count && errors < MAXIMUM_ERRORS) {
    const size_t freeRows = columns.capacity - rows;
    const size_t mayFit = isCoalescing_ ? std::max(freeRows / ROWS_COALESCED, rows == 0 ? size_t{1} : 0) : freeRows;
    const size_t count = std::min({layout.count - used, mayFit, MAXIMUM_MESSAGES});
    if (count == 0) break;
    const int fetched = fetch(socket, scratch, layout, used, count);
    const int error = errno;
    counters.receiveCalls++;
    for (int index = 0; index < fetched; index++, used++) {
      rows += unpack(messages_[index], scratch, layout.records + used * RECORD_STRIDE,
                     layout.buffers + used * messageStride(), columns, rows, counters);
    }
    if (fetched >= 0) {
      if (static_cast<size_t>(fetched) < count) break;
    } else if (error == EAGAIN) {
      break;
    } else if (error != EINTR) {
      counters.receiveErrors++;
      counters.lastError = error;
      errors++;
      if (isFatal(error)) failure = error;
      if (isFatal(error)) break;
    }
  }
  return rows;
}

Receiver::Layout Receiver::divide(const Scratch& scratch) const {
  const size_t start = roundUp(scratch.offset, CACHE_LINE);
  const size_t end = scratch.offset + scratch.length;
  const size_t count = (end - start) / (RECORD_STRIDE + messageStride());
  return {.records = start, .buffers = start + count * RECORD_STRIDE, .count = count};
}

// An odd number of cache lines, so that the starts of the buffers spread over the sets of the cache.
size_t Receiver::messageStride() const {
  const size_t lines = roundUp(messageLength(), CACHE_LINE) / CACHE_LINE;
  return (lines + (isCoalescing_ ? 11 : 1)) / 2 * 2 * CACHE_LINE + CACHE_LINE;
}

int Receiver::fetch(int socket, const Scratch& scratch, const Layout& layout, size_t first, size_t count) {
  for (size_t index = 0; index < count; index++) {
    const size_t offset = layout.buffers + (first + index) * messageStride();
    buffers_[index] = {.iov_base = scratch.arena.data + offset, .iov_len = messageLength()};
    msghdr& header = messages_[index].msg_hdr;
    header = {};
    header.msg_name = &sources_[index];
    header.msg_namelen = sizeof sources_[index];
    header.msg_iov = &buffers_[index];
    header.msg_iovlen = 1;
    header.msg_control = controls_[index];
    header.msg_controllen = sizeof controls_[index];
  }
  return recvmmsg(socket, messages_, static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
}

size_t Receiver::unpack(const mmsghdr& message, const Scratch& scratch, size_t recordOffset, size_t bufferOffset,
                        const ColumnView& columns, size_t row, SocketCounters& counters) const {
  const size_t length = message.msg_len;
  if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
    counters.truncated++;
    return 0;
  }
  auto record = AddressRecord::fromSocketAddress(*static_cast<const sockaddr_in6*>(message.msg_hdr.msg_name));
  size_t segment = 0;
  auto* header = const_cast<msghdr*>(&message.msg_hdr);
  for (cmsghdr* control = CMSG_FIRSTHDR(header); control != nullptr; control = CMSG_NXTHDR(header, control)) {
    segment = std::max(segment, readSegmentLength(*control));
    record.readPacketInfo(*control);
  }
  std::memcpy(scratch.arena.data + recordOffset, &record, sizeof record);
  if (segment == 0) segment = std::max(length, size_t{1});
  size_t added = 0;
  size_t start = 0;
  do {
    const size_t part = std::min(segment, length - start);
    if (part > maximumDatagram_) {
      counters.truncated++;
    } else if (row + added == columns.capacity) {
      counters.overflowed++;
    } else {
      const size_t offset = bufferOffset + start;
      writeRow(columns, row + added++, offset, part, recordOffset, scratch.arena.data + offset);
    }
    start += segment;
  } while (start < length);
  counters.receivedDatagrams += added;
  counters.receivedBytes += length;
  if (length > segment) {
    counters.coalescedMessages++;
    counters.coalescedDatagrams += added;
  }
  return added;
}

}  // namespace dgram
