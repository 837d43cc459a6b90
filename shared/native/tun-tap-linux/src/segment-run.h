#pragma once

#include <cstdint>

#include "segment.h"

/** Consecutive segments of one flow that can be written as one super-packet. */
class SegmentRun {
 public:
  /** Writing more than 128 segments of UDP at once fails in the kernel, and its own senders stay within 64. */
  static constexpr uint32_t MAXIMUM_SEGMENTS = 64;

  /** Whether a packet may be part of any run: plain data with sound lengths and a sound IP header. */
  static bool isJoinable(const Segment& segment);
  /** Whether nothing may follow a packet within its run. */
  static bool endsRun(const Segment& segment);

  void begin(const Segment& segment, const uint8_t* arena);
  bool isSameFlow(const Segment& segment) const;
  /** Whether the headers and lengths allow that the packet follows; its checksum is not looked at. */
  bool isContinuedBy(const Segment& segment) const;
  void append(const Segment& segment, const uint8_t* arena);

  const Segment& first() const { return first_; }
  uint32_t count() const { return count_; }
  bool isComplete() const { return isComplete_; }
  uint32_t segmentSize() const { return segmentSize_; }
  uint32_t payloadLength() const { return payloadLength_; }

  /** Whether the first segment's checksum was found to be right. */
  bool isFirstVerified = false;

  /** The arena offset of a segment's packet. */
  uint32_t offset(uint32_t index) const { return offsets_[index]; }
  uint32_t payloadLength(uint32_t index) const { return index + 1 < count_ ? segmentSize_ : lastLength_; }
  bool isPartial(uint32_t index) const { return (partialBits_ >> index & 1) != 0; }
  /** FIN and PSH of the last segment, which the super-packet carries. */
  uint8_t closingFlags() const { return closingFlags_; }

 private:
  void add(const Segment& segment, const uint8_t* arena);
  bool hasSameNetworkHeader(const Segment& segment) const;
  bool hasSameTransportHeader(const Segment& segment) const;

  Segment first_;
  uint32_t count_;
  uint32_t segmentSize_;
  uint32_t lastLength_;
  uint32_t payloadLength_;
  uint64_t partialBits_;
  uint8_t closingFlags_;
  bool isComplete_;
  uint32_t offsets_[MAXIMUM_SEGMENTS];
};
