#pragma once

#include <cstddef>
#include <cstdint>

#include "device-kind.h"

constexpr uint8_t PROTOCOL_TCP = 6;
constexpr uint8_t PROTOCOL_UDP = 17;

/** Longest run of headers that is understood; a packet with more is handled as an unknown one. */
constexpr uint32_t MAXIMUM_HEADERS = 256;

enum class PacketShape : uint8_t {
  /** Whole TCP or UDP packet whose headers all lie inside it. */
  transport,
  /** A fragment of an IP packet. */
  fragment,
  /** Anything else, malformed packets among it. */
  other,
};

/** Where the headers of a TCP or UDP packet lie. Offsets count from the packet's start, an Ethernet header included. */
class PacketLayout {
 public:
  /** Reads the headers. The fields below are only valid after `transport`; then they all lie within `length`. */
  PacketShape parse(const uint8_t* packet, size_t length, DeviceKind kind);

  bool isVersion4() const { return version == 4; }
  bool isTcp() const { return protocol == PROTOCOL_TCP; }
  uint32_t checksumOffset() const { return isTcp() ? 16 : 6; }
  uint32_t checksumPosition() const { return transport + checksumOffset(); }
  uint32_t transportLength() const { return end - transport; }

  /** The sum of addresses, protocol and `transportLength` (RFC 9293 §3.1, RFC 8200 §8.1), not folded. */
  uint64_t pseudoHeaderSum(const uint8_t* packet, uint32_t transportLength) const;

  /** Whether the checksum of the transport header, a full one, is right. */
  bool hasRightChecksum(const uint8_t* packet) const;

  /** Turns a partial checksum into a full one, in place. */
  void completeChecksum(uint8_t* packet) const;

  uint32_t network = 0;
  uint32_t transport = 0;
  uint32_t payload = 0;
  /** Where the packet ends by its IP header, at most the length given. */
  uint32_t end = 0;
  uint8_t version = 0;
  uint8_t protocol = 0;
  /** An IPv6 routing header: the checksum may be of another destination than the header's. */
  bool hasRoutingHeader = false;

 private:
  PacketShape parseVersion4(const uint8_t* packet, size_t length);
  PacketShape parseVersion6(const uint8_t* packet, size_t length);
  PacketShape parseTransport(const uint8_t* packet);
};
