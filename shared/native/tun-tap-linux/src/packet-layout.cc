#include "packet-layout.h"

#include "byte-order.h"
#include "internet-checksum.h"

namespace {

constexpr size_t ETHERNET_HEADER = 14;
constexpr size_t VLAN_TAG = 4;
constexpr uint16_t ETHERTYPE_IPV4 = 0x0800;
constexpr uint16_t ETHERTYPE_IPV6 = 0x86dd;
constexpr uint16_t ETHERTYPE_VLAN = 0x8100;
constexpr uint16_t ETHERTYPE_SERVICE_VLAN = 0x88a8;

constexpr size_t IPV4_HEADER = 20;
constexpr size_t IPV6_HEADER = 40;
constexpr size_t TCP_HEADER = 20;
constexpr size_t UDP_HEADER = 8;
constexpr uint16_t IPV4_FRAGMENT_MASK = 0x3fff;

constexpr uint8_t HEADER_HOP_BY_HOP = 0;
constexpr uint8_t HEADER_ROUTING = 43;
constexpr uint8_t HEADER_FRAGMENT = 44;
constexpr uint8_t HEADER_DESTINATION = 60;

constexpr size_t NOT_IP = SIZE_MAX;

/** Where the IP header begins behind Ethernet and at most two VLAN tags. */
size_t findNetworkHeader(const uint8_t* packet, size_t length) {
  size_t position = ETHERNET_HEADER;
  for (int tags = 0; tags <= 2 && position <= length; ++tags, position += VLAN_TAG) {
    const uint16_t type = loadBig16(packet + position - 2);
    if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6) return position;
    if (type != ETHERTYPE_VLAN && type != ETHERTYPE_SERVICE_VLAN) return NOT_IP;
  }
  return NOT_IP;
}

bool isSkippedExtension(uint8_t header) {
  return header == HEADER_HOP_BY_HOP || header == HEADER_ROUTING || header == HEADER_DESTINATION;
}

}  // namespace

// The arena may be shared with another thread: every field that decides a bound is read exactly once.

PacketShape PacketLayout::parse(const uint8_t* packet, size_t length, DeviceKind kind) {
  const size_t start = kind == DeviceKind::tun ? 0 : findNetworkHeader(packet, length);
  if (start >= length) return PacketShape::other;
  network = static_cast<uint32_t>(start);
  version = packet[start] >> 4;
  if (version == 4) return parseVersion4(packet, length);
  if (version == 6) return parseVersion6(packet, length);
  return PacketShape::other;
}

PacketShape PacketLayout::parseVersion4(const uint8_t* packet, size_t length) {
  if (length - network < IPV4_HEADER) return PacketShape::other;
  const uint8_t* header = packet + network;
  const size_t headerLength = (header[0] & 0x0f) * 4u;
  const size_t totalLength = loadBig16(header + 2);
  if (headerLength < IPV4_HEADER || totalLength < headerLength || totalLength > length - network) {
    return PacketShape::other;
  }
  if ((loadBig16(header + 6) & IPV4_FRAGMENT_MASK) != 0) return PacketShape::fragment;
  protocol = header[9];
  hasRoutingHeader = false;
  transport = network + static_cast<uint32_t>(headerLength);
  end = network + static_cast<uint32_t>(totalLength);
  return parseTransport(packet);
}

PacketShape PacketLayout::parseVersion6(const uint8_t* packet, size_t length) {
  if (length - network < IPV6_HEADER) return PacketShape::other;
  const size_t payloadLength = loadBig16(packet + network + 4);
  if (payloadLength > length - network - IPV6_HEADER) return PacketShape::other;
  end = network + static_cast<uint32_t>(IPV6_HEADER + payloadLength);
  transport = network + static_cast<uint32_t>(IPV6_HEADER);
  hasRoutingHeader = false;
  uint8_t next = packet[network + 6];
  while (isSkippedExtension(next)) {
    if (end - transport < 8 || transport > MAXIMUM_HEADERS) return PacketShape::other;
    const uint8_t* extension = packet + transport;
    const uint32_t extensionLength = (extension[1] + 1u) * 8u;
    if (extensionLength > end - transport) return PacketShape::other;
    if (next == HEADER_ROUTING) hasRoutingHeader = true;
    next = extension[0];
    transport += extensionLength;
  }
  if (next == HEADER_FRAGMENT) return PacketShape::fragment;
  protocol = next;
  return parseTransport(packet);
}

PacketShape PacketLayout::parseTransport(const uint8_t* packet) {
  const size_t available = end - transport;
  size_t headerLength = UDP_HEADER;
  if (protocol == PROTOCOL_TCP) {
    if (available < TCP_HEADER) return PacketShape::other;
    headerLength = (packet[transport + 12] >> 4) * 4u;
    if (headerLength < TCP_HEADER) return PacketShape::other;
  } else if (protocol != PROTOCOL_UDP) {
    return PacketShape::other;
  }
  if (headerLength > available) return PacketShape::other;
  payload = transport + static_cast<uint32_t>(headerLength);
  return payload <= MAXIMUM_HEADERS ? PacketShape::transport : PacketShape::other;
}

uint64_t PacketLayout::pseudoHeaderSum(const uint8_t* packet, uint32_t transportLength) const {
  const uint64_t start = static_cast<uint64_t>(summand(protocol)) + summand(transportLength);
  return isVersion4() ? addToSum(start, packet + network + 12, 8) : addToSum(start, packet + network + 8, 32);
}

bool PacketLayout::hasRightChecksum(const uint8_t* packet) const {
  const uint64_t pseudo = pseudoHeaderSum(packet, transportLength());
  return foldSum(addToSum(pseudo, packet + transport, transportLength())) == 0xffff;
}

void PacketLayout::completeChecksum(uint8_t* packet) const {
  const uint16_t sum = foldSum(addToSum(0, packet + transport, transportLength()));
  const uint16_t checksum = static_cast<uint16_t>(~sum);
  // RFC 768: a computed zero is sent as ones, as zero says "no checksum"; for TCP the two are the same number.
  storeSum(packet + checksumPosition(), checksum == 0 && !isTcp() ? 0xffff : checksum);
}
