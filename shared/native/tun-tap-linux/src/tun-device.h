#pragma once

#include <cstdint>
#include <memory>

#include "device-kind.h"
#include "device-statistics.h"
#include "file-descriptor.h"
#include "interface-name.h"
#include "network-interface.h"
#include "offloads.h"
#include "packet-rows.h"
#include "packet-sink.h"
#include "scratch-region.h"
#include "segment-joiner.h"
#include "super-packet-cutter.h"
#include "system-failure.h"

/** One queue of a TUN or TAP device. */
class TunDevice final : private PacketSink {
 public:
  /** The scratch region that `read` needs at least: the largest frame, and heads for some segments of it. */
  static constexpr uint32_t MINIMUM_SCRATCH = 66 * 1024;
  /** The largest IP packet behind an Ethernet header with two VLAN tags. */
  static constexpr uint32_t MAXIMUM_FRAME = 65535 + 14 + 2 * 4;

  struct Options {
    InterfaceName name = {};
    DeviceKind kind = DeviceKind::tun;
    bool isMultiQueue = false;
    bool mayOffload = true;
    /** 0 leaves the kernel's. */
    int32_t mtu = 0;
  };

  /** Opens or creates a device; null with a failure. */
  static std::unique_ptr<TunDevice> open(const Options& options, SystemFailure& failure);

  const char* name() const { return name_.data(); }
  int descriptor() const { return descriptor_.value(); }
  bool isOpen() const { return descriptor_.isOpen(); }
  const Offloads& offloads() const { return offloads_; }
  const DeviceStatistics& statistics() const { return statistics_; }
  NetworkInterface interface() const { return NetworkInterface(name_); }

  /** Reads until nothing is there, or rows or scratch are used up. Returns 0 or the errno that ended it. */
  int read(PacketRows& rows, ScratchRegion& scratch);

  /** Writes all rows, joined where possible. Returns how many packets could not be written. */
  uint32_t write(uint8_t* arena, const DeliveryRows& rows) { return joiner_.write(arena, rows); }

  void close();

 private:
  TunDevice(FileDescriptor descriptor, const InterfaceName& name, DeviceKind kind, const Offloads& offloads);

  int write(const iovec* pieces, int count) override;

  bool hasRoom(const PacketRows& rows) const;
  ssize_t readFrame(VirtioHeader& header, uint8_t* frame);
  void accept(const VirtioHeader& header, uint32_t offset, uint32_t length, PacketRows& rows, ScratchRegion& scratch);
  void acceptSingle(const VirtioHeader& header, uint32_t offset, uint32_t length, PacketRows& rows,
                    ScratchRegion& scratch);
  int32_t settleChecksum(const VirtioHeader& header, uint8_t* packet, uint32_t length) const;
  bool isAlikeLatest(const ScratchRegion& scratch, uint32_t offset, uint32_t length) const;
  void cutOn(PacketRows& rows, ScratchRegion& scratch);
  bool resume(PacketRows& rows, ScratchRegion& scratch);

  FileDescriptor descriptor_;
  InterfaceName name_;
  DeviceKind kind_;
  Offloads offloads_;
  DeviceStatistics statistics_;
  SegmentJoiner joiner_;
  SuperPacketCutter cutter_;
  /** Where the latest row lies, when it is a packet that was read by itself in this call; no length otherwise. */
  struct {
    uint32_t offset = 0;
    uint32_t length = 0;
  } latestSingle_;
  /** Payload of the super-packet that the last read could not cut to its end. */
  uint8_t pending_[MAXIMUM_FRAME];
};
