#pragma once

#include <cstdint>

#include "segment-run.h"

/** The open runs of one write, found by flow: a set-associative table, so that looking up costs the same always. */
class RunTable {
 public:
  static uint32_t hash(const Segment& segment);

  /** The open run of the packet's flow, or null. */
  SegmentRun* find(uint32_t hash, const Segment& segment);

  /** The run that must be released before `claim` may be called with this hash, or null when there is room. */
  SegmentRun* obstacle(uint32_t hash);

  /** A free run, which the caller begins. */
  SegmentRun* claim(uint32_t hash);

  void release(const SegmentRun* run);

  /** The open run that was claimed first, or null when none is open. */
  SegmentRun* oldest() { return openCount_ == 0 ? nullptr : &runs_[open_[0]]; }

 private:
  static constexpr uint32_t WAYS = 8;
  static constexpr uint32_t SETS = 16;
  static constexpr uint32_t FREE = 0;

  static uint32_t firstOfSet(uint32_t hash) { return (hash >> 1) % SETS * WAYS; }

  // The lowest bit of a hash is always set, so that no tag is FREE.
  uint32_t tags_[SETS * WAYS] = {};
  uint8_t open_[SETS * WAYS];
  uint32_t openCount_ = 0;
  SegmentRun runs_[SETS * WAYS];
};
