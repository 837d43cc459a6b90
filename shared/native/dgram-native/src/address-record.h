#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace dgram {

// What a socket can speak: IPv4, IPv6, or both by v4-mapped addresses.
struct SocketFamily {
  bool isIpv6 = false;
  bool isDualStack = false;
};

// The address record of the arena; its layout is in shared/protocol/wire/address-record.ts.
struct AddressRecord {
  uint8_t family = 0;
  uint8_t zero = 0;
  uint8_t port[2] = {};
  uint32_t scope = 0;
  uint8_t remote[16] = {};
  uint8_t local[16] = {};
  uint32_t localInterface = 0;
  uint32_t reserved = 0;

  static AddressRecord fromSocketAddress(const sockaddr_in6& address);

  // The length of the socket address, or 0 when a socket of that family cannot reach such an address.
  socklen_t toSocketAddress(SocketFamily socket, sockaddr_in6& address) const;

  // Takes the local address from a message's IP_PKTINFO or IPV6_PKTINFO; other control messages change nothing.
  void readPacketInfo(const cmsghdr& message);

  // Writes a control message that sends from the local address; returns its space, 0 when the kernel chooses.
  size_t writePacketInfo(SocketFamily socket, uint8_t* control) const;

 private:
  bool hasLocalAddress() const;
};

constexpr size_t ADDRESS_RECORD_SIZE = 48;
static_assert(sizeof(AddressRecord) == ADDRESS_RECORD_SIZE);

constexpr size_t PACKET_INFO_SPACE = CMSG_SPACE(sizeof(in6_pktinfo));

}  // namespace dgram
