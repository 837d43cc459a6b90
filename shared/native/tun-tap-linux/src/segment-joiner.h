#pragma once

#include <sys/uio.h>

#include <cstdint>

#include "delivery-rows.h"
#include "device-kind.h"
#include "device-statistics.h"
#include "offloads.h"
#include "packet-sink.h"
#include "run-table.h"
#include "virtio-header.h"

/**
 * Writes packets to a sink, consecutive segments of a flow joined into super-packets. Packets of different flows may
 * change places, those of one flow never do.
 */
class SegmentJoiner {
 public:
  SegmentJoiner(DeviceKind kind, const Offloads& offloads, PacketSink& sink, DeviceStatistics& statistics)
      : kind_(kind), offloads_(offloads), sink_(sink), statistics_(statistics) {}

  /** Writes all rows, which lie inside the arena. Returns how many packets could not be written. */
  uint32_t write(uint8_t* arena, const DeliveryRows& rows);

 private:
  void add(Segment& segment);
  bool mayJoin(const PacketLayout& layout) const;
  void addSegment(Segment& segment);
  bool isVerified(SegmentRun& run, const Segment& next) const;
  void open(uint32_t hash, const Segment& segment);
  void close(SegmentRun* run);
  void closeAll();

  void writeUnknown(const Segment& segment);
  void writeSegment(const Segment& segment);
  void writeRun(const SegmentRun& run);
  void writeSingly(const SegmentRun& run);
  int writeSuperPacket(const SegmentRun& run);
  VirtioHeader describe(const SegmentRun& run) const;
  void buildHeaders(const SegmentRun& run, uint8_t* headers) const;
  int writePacket(VirtioHeader& header, const uint8_t* packet, uint32_t length);
  int submit(const iovec* pieces, int count);

  DeviceKind kind_;
  Offloads offloads_;
  PacketSink& sink_;
  DeviceStatistics& statistics_;
  uint8_t* arena_ = nullptr;
  uint32_t failures_ = 0;
  RunTable table_;
};
