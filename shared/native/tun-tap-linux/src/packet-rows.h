#pragma once

#include <cstddef>
#include <cstdint>

/** The packet's transport checksum holds only the pseudo header's sum. The same value as the protocol's. */
constexpr int32_t FLAG_CHECKSUM_PARTIAL = 1;

/**
 * The row before is the segment before this one, of the same super-packet, or a packet of the same flow and size with
 * alike headers. The same value as the protocol's.
 */
constexpr int32_t FLAG_CONTINUES = 2;

/** The columns into which packets are read: column c of row r is `columns[c * capacity + r]`. */
class PacketRows {
 public:
  static constexpr uint32_t COLUMN_COUNT = 5;

  PacketRows(int32_t* columns, uint32_t capacity) : columns_(columns), capacity_(capacity) {}

  uint32_t capacity() const { return capacity_; }
  uint32_t count() const { return count_; }
  uint32_t left() const { return capacity_ - count_; }
  bool isFull() const { return count_ == capacity_; }

  void append(uint32_t headOffset, uint32_t headLength, uint32_t bodyOffset, uint32_t bodyLength, int32_t flags) {
    int32_t* cell = columns_ + count_++;
    const size_t stride = capacity_;
    cell[0] = static_cast<int32_t>(headOffset);
    cell[stride] = static_cast<int32_t>(headLength);
    cell[2 * stride] = static_cast<int32_t>(bodyOffset);
    cell[3 * stride] = static_cast<int32_t>(bodyLength);
    cell[4 * stride] = flags;
  }

 private:
  int32_t* columns_;
  uint32_t capacity_;
  uint32_t count_ = 0;
};
