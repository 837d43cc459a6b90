#include "address-record.h"

#include <cstring>

namespace dgram {

namespace {

constexpr uint8_t MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool isMapped(const in6_addr& address) { return std::memcmp(&address, MAPPED_PREFIX, sizeof MAPPED_PREFIX) == 0; }

bool isLinkLocal(const in6_addr& address) { return address.s6_addr[0] == 0xfe && (address.s6_addr[1] & 0xc0) == 0x80; }

void copyMapped(in6_addr& to, const uint8_t* ipv4) {
  std::memcpy(&to, MAPPED_PREFIX, sizeof MAPPED_PREFIX);
  std::memcpy(to.s6_addr + sizeof MAPPED_PREFIX, ipv4, 4);
}

template <typename Info>
size_t writeControl(uint8_t* control, int level, int type, const Info& info) {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof info);
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(control, &header, sizeof header);
  std::memcpy(control + CMSG_LEN(0), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

}  // namespace

AddressRecord AddressRecord::fromSocketAddress(const sockaddr_in6& address) {
  AddressRecord record;
  if (address.sin6_family == AF_INET) {
    sockaddr_in plain;
    std::memcpy(&plain, &address, sizeof plain);
    record.family = 4;
    std::memcpy(record.port, &plain.sin_port, 2);
    std::memcpy(record.remote, &plain.sin_addr, 4);
  } else if (address.sin6_family == AF_INET6) {
    std::memcpy(record.port, &address.sin6_port, 2);
    if (isMapped(address.sin6_addr)) {
      record.family = 4;
      std::memcpy(record.remote, address.sin6_addr.s6_addr + 12, 4);
    } else {
      record.family = 6;
      record.scope = address.sin6_scope_id;
      std::memcpy(record.remote, &address.sin6_addr, 16);
    }
  }
  return record;
}

socklen_t AddressRecord::toSocketAddress(SocketFamily socket, sockaddr_in6& address) const {
  address = {};
  if (!socket.isIpv6) {
    if (family != 4) return 0;
    sockaddr_in plain{};
    plain.sin_family = AF_INET;
    std::memcpy(&plain.sin_port, port, 2);
    std::memcpy(&plain.sin_addr, remote, 4);
    std::memcpy(&address, &plain, sizeof plain);
    return sizeof plain;
  }
  if (family != 6 && !(family == 4 && socket.isDualStack)) return 0;
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_port, port, 2);
  if (family == 6) {
    address.sin6_scope_id = scope;
    std::memcpy(&address.sin6_addr, remote, 16);
  } else {
    copyMapped(address.sin6_addr, remote);
  }
  return sizeof address;
}

void AddressRecord::readPacketInfo(const cmsghdr& message) {
  if (message.cmsg_level == IPPROTO_IP && message.cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(&message), sizeof info);
    std::memcpy(local, &info.ipi_spec_dst, 4);
  } else if (message.cmsg_level == IPPROTO_IPV6 && message.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info;
    std::memcpy(&info, CMSG_DATA(&message), sizeof info);
    if (isMapped(info.ipi6_addr)) {
      std::memcpy(local, info.ipi6_addr.s6_addr + 12, 4);
    } else if (info.ipi6_addr.s6_addr[0] != 0xff) {
      std::memcpy(local, &info.ipi6_addr, 16);
      // An answer with an interface bypasses routing, and without a route is sent to the wire as if the peer were a
      // neighbour. So the interface is named only where an address means nothing without it.
      if (isLinkLocal(info.ipi6_addr)) localInterface = static_cast<uint32_t>(info.ipi6_ifindex);
    }
  }
}

size_t AddressRecord::writePacketInfo(SocketFamily socket, uint8_t* control) const {
  if (!hasLocalAddress()) return 0;
  if (!socket.isIpv6) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(localInterface);
    std::memcpy(&info.ipi_spec_dst, local, 4);
    return writeControl(control, IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  info.ipi6_ifindex = localInterface;
  if (family == 4) {
    copyMapped(info.ipi6_addr, local);
  } else {
    std::memcpy(&info.ipi6_addr, local, 16);
  }
  return writeControl(control, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

bool AddressRecord::hasLocalAddress() const {
  static constexpr uint8_t NONE[sizeof local] = {};
  return localInterface != 0 || std::memcmp(local, NONE, sizeof local) != 0;
}

}  // namespace dgram
