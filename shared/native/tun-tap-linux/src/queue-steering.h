#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "file-descriptor.h"
#include "system-failure.h"

/** An IP network: IPv4 as IPv6 sees it (RFC 4291 §2.5.5.2), so that one table holds both. */
struct SteeredNetwork {
  uint32_t prefixLength = 0;
  std::array<uint8_t, 16> address = {};

  static SteeredNetwork of4(const uint8_t* address, uint32_t prefixLength);
  static SteeredNetwork of6(const uint8_t* address, uint32_t prefixLength);
};

/**
 * Which queue of a device gets the packets for a destination: a table of networks in the kernel, and a program that
 * looks into it. Devices that were given the program keep both.
 */
class QueueSteering {
 public:
  /** An empty table for so many networks; null with a failure. */
  static std::unique_ptr<QueueSteering> create(uint32_t capacity, SystemFailure& failure);
  /** Another handle of the table behind a descriptor of this process; null with a failure. */
  static std::unique_ptr<QueueSteering> share(int descriptor, SystemFailure& failure);

  int descriptor() const { return table_.value(); }
  bool isOpen() const { return table_.isOpen(); }

  SystemFailure set(const SteeredNetwork& network, uint32_t queue);
  /** ENOENT when the table has no such network. */
  SystemFailure remove(const SteeredNetwork& network);
  /** Gives the program to the device behind an open queue of it. */
  SystemFailure attach(int device) const;
  void close();

 private:
  QueueSteering(FileDescriptor table, FileDescriptor program)
      : table_(std::move(table)), program_(std::move(program)) {}

  static std::unique_ptr<QueueSteering> load(FileDescriptor table, SystemFailure& failure);

  FileDescriptor table_;
  FileDescriptor program_;
};
