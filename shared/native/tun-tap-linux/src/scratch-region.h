#pragma once

#include <cstdint>

/** Free bytes before every head, for the headers that the caller puts in front. The same value as the protocol's. */
constexpr uint32_t HEADROOM = 32;

/** The part of the arena that a read fills from front to back. Offsets count from the arena's start. */
class ScratchRegion {
 public:
  static constexpr uint32_t NO_ROOM = UINT32_MAX;

  /** The caller has checked that the region lies inside the arena and ends below 2^31. */
  ScratchRegion(uint8_t* arena, uint32_t offset, uint32_t length)
      : arena_(arena), cursor_(offset), end_(offset + length) {}

  uint8_t* at(uint32_t offset) const { return arena_ + offset; }

  /** Where `length` bytes with headroom before them would begin, or `NO_ROOM`. */
  uint32_t next(uint32_t length) const {
    const uint32_t start = (cursor_ + HEADROOM + (ALIGNMENT - 1)) & ~(ALIGNMENT - 1);
    return start <= end_ && end_ - start >= length ? start : NO_ROOM;
  }

  /** Takes the bytes that `next` offered. */
  void take(uint32_t start, uint32_t length) { cursor_ = start + length; }

 private:
  static constexpr uint32_t ALIGNMENT = 16;

  uint8_t* arena_;
  uint32_t cursor_;
  uint32_t end_;
};
