#pragma once

#include <cstddef>
#include <cstdint>

#include "packet-sink.h"

/** Collects packets in memory, each behind its length (32 bits, big endian). */
class MemorySink final : public PacketSink {
 public:
  /** With `refusesSuperPackets` it fails with EIO where a device without segmentation would. */
  MemorySink(uint8_t* bytes, size_t length, bool refusesSuperPackets)
      : bytes_(bytes), length_(length), refusesSuperPackets_(refusesSuperPackets) {}

  int write(const iovec* pieces, int count) override;

  size_t used() const { return used_; }

 private:
  uint8_t* bytes_;
  size_t length_;
  size_t used_ = 0;
  bool refusesSuperPackets_;
};
