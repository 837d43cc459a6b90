#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "address-record.h"
#include "byte-view.h"
#include "column-view.h"
#include "socket-counters.h"

namespace dgram {

// A part of the caller's arena that the receiver may fill.
struct Scratch {
  ByteView arena;
  size_t offset;
  size_t length;
};

// Reads datagrams into a caller's arena, many by one call, and cuts what the kernel had coalesced.
class Receiver {
 public:
  // The kernel joins at most 64 datagrams of the wire, but hands over up to 128 that a local program sent at once.
  static constexpr size_t MINIMUM_ROWS_COALESCED = 64;
  static constexpr size_t ROWS_COALESCED = 128;

  Receiver(size_t maximumDatagram, bool isCoalescing)
      : maximumDatagram_(maximumDatagram), isCoalescing_(isCoalescing) {}

  bool isCoalescing() const { return isCoalescing_; }
  // The least scratch that always holds one message.
  size_t minimumScratch() const { return CACHE_LINE + RECORD_STRIDE + messageStride(); }
  size_t minimumRows() const { return isCoalescing_ ? MINIMUM_ROWS_COALESCED : 1; }

  // Fills rows from 0 and returns how many; the scratch and the capacity are at least the minima. An errno that
  // makes the socket useless is left in `failure`, every other is counted.
  size_t receive(int socket, const Scratch& scratch, const ColumnView& columns, SocketCounters& counters,
                 int& failure);

 private:
  static constexpr size_t MAXIMUM_MESSAGES = 64;
  static constexpr size_t CACHE_LINE = 64;
  static constexpr size_t RECORD_STRIDE = 64;
  static constexpr size_t COALESCED_LENGTH = 65536;
  static constexpr size_t CONTROL_SPACE =
      CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(in6_pktinfo));

  // Where the records and the buffers of the messages lie in the arena.
  struct Layout {
    size_t records;
    size_t buffers;
    size_t count;
  };

  size_t messageLength() const { return isCoalescing_ ? COALESCED_LENGTH : maximumDatagram_; }
  size_t messageStride() const;
  Layout divide(const Scratch& scratch) const;
  int fetch(int socket, const Scratch& scratch, const Layout& layout, size_t first, size_t count);
  size_t unpack(const mmsghdr& message, const Scratch& scratch, size_t recordOffset, size_t bufferOffset,
                const ColumnView& columns, size_t row, SocketCounters& counters) const;

  size_t maximumDatagram_;
  bool isCoalescing_;
  mmsghdr messages_[MAXIMUM_MESSAGES];
  iovec buffers_[MAXIMUM_MESSAGES];
  sockaddr_in6 sources_[MAXIMUM_MESSAGES];
  alignas(cmsghdr) uint8_t controls_[MAXIMUM_MESSAGES][CONTROL_SPACE];
};

}  // namespace dgram
