#include "alike-packets.h"

#include <cstring>

#include "packet-layout.h"

namespace {

// RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1, RFC 768.
constexpr uint32_t V4_HEADER = 20;
constexpr uint32_t V4_FRAGMENT = 6;
constexpr uint8_t V4_FRAGMENT_BITS = 0x3f;
constexpr uint32_t V4_PROTOCOL = 9;
constexpr uint32_t V4_ADDRESSES = 12;
constexpr uint32_t V6_HEADER = 40;
constexpr uint32_t V6_NEXT_HEADER = 6;
constexpr uint32_t PORTS = 4;
constexpr uint32_t TCP_HEADER = 20;
constexpr uint32_t TCP_DATA_OFFSET = 12;
constexpr uint32_t UDP_HEADER = 8;

bool isEqual(const uint8_t* one, const uint8_t* other, uint32_t from, uint32_t to) {
  return std::memcmp(one + from, other + from, to - from) == 0;
}

// Version, header length, class and total length; life time and protocol; addresses. Neither is a fragment.
bool haveAlikeHeaders4(const uint8_t* one, const uint8_t* other) {
  const uint8_t fragment = static_cast<uint8_t>((one[V4_FRAGMENT] | other[V4_FRAGMENT]) & V4_FRAGMENT_BITS) |
                           one[V4_FRAGMENT + 1] | other[V4_FRAGMENT + 1];
  return fragment == 0 && isEqual(one, other, 0, 4) && isEqual(one, other, V4_PROTOCOL - 1, V4_PROTOCOL + 1) &&
         isEqual(one, other, V4_ADDRESSES, V4_HEADER);
}

}  // namespace

bool areAlike(const uint8_t* packet, const uint8_t* other, uint32_t length) {
  if (length < V4_HEADER) return false;
  const bool isVersion4 = packet[0] == 0x45;
  if (!isVersion4 && (packet[0] >> 4 != 6 || length < V6_HEADER)) return false;
  const bool haveAlikeHeaders = isVersion4 ? haveAlikeHeaders4(packet, other) : isEqual(packet, other, 0, V6_HEADER);
  if (!haveAlikeHeaders) return false;
  const uint32_t transport = isVersion4 ? V4_HEADER : V6_HEADER;
  const uint8_t protocol = packet[isVersion4 ? V4_PROTOCOL : V6_NEXT_HEADER];
  if (protocol == PROTOCOL_UDP) return length >= transport + UDP_HEADER && isEqual(packet, other, transport, transport + PORTS);
  return protocol == PROTOCOL_TCP && length >= transport + TCP_HEADER &&
         isEqual(packet, other, transport, transport + PORTS) &&
         packet[transport + TCP_DATA_OFFSET] == other[transport + TCP_DATA_OFFSET];
}
