#pragma once

#include <cstdint>

// struct virtio_net_hdr (virtio 1.2 §5.1.6), in the machine's byte order: what IFF_VNET_HDR puts before every packet.
// Own definitions, as the headers of Debian 12 do not know segmented UDP yet.

constexpr uint8_t VIRTIO_NEEDS_CHECKSUM = 1;

constexpr uint8_t VIRTIO_SEGMENTS_NONE = 0;
constexpr uint8_t VIRTIO_SEGMENTS_TCP4 = 1;
constexpr uint8_t VIRTIO_SEGMENTS_TCP6 = 4;
constexpr uint8_t VIRTIO_SEGMENTS_UDP = 5;
constexpr uint8_t VIRTIO_SEGMENTS_ECN = 0x80;

struct VirtioHeader {
  uint8_t flags = 0;
  uint8_t segmentType = VIRTIO_SEGMENTS_NONE;
  uint16_t headerLength = 0;
  uint16_t segmentSize = 0;
  uint16_t checksumStart = 0;
  uint16_t checksumOffset = 0;
};

static_assert(sizeof(VirtioHeader) == 10);
