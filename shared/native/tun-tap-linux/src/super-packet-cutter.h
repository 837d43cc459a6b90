#pragma once

#include <cstddef>
#include <cstdint>

#include "device-kind.h"
#include "packet-layout.h"
#include "packet-rows.h"
#include "scratch-region.h"
#include "virtio-header.h"

/**
 * Cuts one super-packet into the segments that a network card would send. The payload stays where it is; every
 * segment gets a head of its own. Keeps its place between calls when rows or scratch run out.
 */
class SuperPacketCutter {
 public:
  /** Begins with a packet at `offset` of the arena. False: not a super-packet that is understood. */
  bool start(const VirtioHeader& header, const uint8_t* packet, size_t length, uint32_t offset, DeviceKind kind);

  /** Appends segments until the super-packet, the rows or the scratch region are used up. */
  void cut(PacketRows& rows, ScratchRegion& scratch);

  bool isDone() const { return remaining_ == 0; }

  /** The payload that is still to be cut: where it lies, and how to say that it was moved. */
  uint32_t payloadOffset() const { return payloadOffset_; }
  uint32_t remaining() const { return remaining_; }
  void relocate(uint32_t payloadOffset) { payloadOffset_ = payloadOffset; }

 private:
  bool matches(uint8_t segmentType) const;
  void prepareTemplate(const VirtioHeader& header);
  void writeHead(uint8_t* head, uint32_t size) const;
  void writeNetworkHeader(uint8_t* head, uint32_t size) const;
  void writeTransportHeader(uint8_t* head, uint32_t size) const;

  PacketLayout layout_;
  uint8_t headers_[MAXIMUM_HEADERS];
  uint64_t networkSum_ = 0;
  uint64_t pseudoSum_ = 0;
  uint32_t sequence_ = 0;
  uint32_t identification_ = 0;
  uint32_t index_ = 0;
  uint32_t segmentSize_ = 0;
  uint32_t payloadOffset_ = 0;
  uint32_t remaining_ = 0;
};
