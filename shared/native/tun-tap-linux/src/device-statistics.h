#pragma once

#include <cstdint>

/** Counters of a device since it was opened. */
struct DeviceStatistics {
  uint64_t reads = 0;
  uint64_t superPacketsRead = 0;
  uint64_t segmentsCut = 0;
  uint64_t readErrors = 0;
  uint64_t unsupportedReads = 0;
  uint64_t writes = 0;
  uint64_t superPacketsWritten = 0;
  uint64_t segmentsJoined = 0;
  uint64_t superPacketFallbacks = 0;
  uint64_t writeErrors = 0;
  uint64_t malformedPackets = 0;
};
