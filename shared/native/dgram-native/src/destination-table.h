#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "address-record.h"

namespace dgram {

// Where datagrams go: a socket address, and the control message that chooses the local address.
struct Destination {
  AddressRecord record;
  sockaddr_in6 address;
  socklen_t addressLength;
  alignas(cmsghdr) uint8_t packetInfo[PACKET_INFO_SPACE];
  size_t packetInfoSpace;
  // The run that still takes datagrams, or NONE.
  uint32_t openRun;
};

// The different destinations of the datagrams in a send queue, found by the content of their address records.
class DestinationTable {
 public:
  static constexpr uint32_t NONE = UINT32_MAX;

  // Null when there is no memory. Holds up to `capacity` (a power of two) destinations.
  static std::unique_ptr<DestinationTable> create(SocketFamily socket, size_t capacity);

  // The index of the record's destination, which is added when it is new; the table must not be full. NONE when a
  // socket of this family cannot reach such an address.
  uint32_t find(const uint8_t* record);
  Destination& at(uint32_t index) { return destinations_[index]; }
  void clear();

 private:
  struct Entry {
    uint32_t generation;
    uint32_t destination;
  };

  DestinationTable(SocketFamily socket, size_t capacity, std::unique_ptr<Destination[]> destinations,
                   std::unique_ptr<Entry[]> entries)
      : socket_(socket),
        entryMask_(2 * capacity - 1),
        destinations_(std::move(destinations)),
        entries_(std::move(entries)) {}

  uint32_t add(const AddressRecord& record);

  SocketFamily socket_;
  size_t entryMask_;
  uint32_t count_ = 0;
  uint32_t latest_ = 0;
  uint32_t generation_ = 1;
  std::unique_ptr<Destination[]> destinations_;
  std::unique_ptr<Entry[]> entries_;
};

}  // namespace dgram
