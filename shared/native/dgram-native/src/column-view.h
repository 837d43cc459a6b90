#pragma once

#include <cstddef>
#include <cstdint>

namespace dgram {

// The columns of a batch in an Int32Array: column c of row r is element c * capacity + r. Each cell is loaded once:
// the array may be shared memory that another thread changes between a check and a use.
struct ColumnView {
  int32_t* data = nullptr;
  size_t length = 0;
  size_t capacity = 0;

  bool holds(size_t columns) const { return capacity <= length / columns; }

  int32_t get(size_t column, size_t row) const {
    return __atomic_load_n(data + column * capacity + row, __ATOMIC_RELAXED);
  }

  uint64_t getPair(size_t highColumn, size_t lowColumn, size_t row) const {
    const auto high = static_cast<uint32_t>(get(highColumn, row));
    return static_cast<uint64_t>(high) << 32 | static_cast<uint32_t>(get(lowColumn, row));
  }

  void set(size_t column, size_t row, int64_t value) const {
    __atomic_store_n(data + column * capacity + row, static_cast<int32_t>(value), __ATOMIC_RELAXED);
  }
};

// shared/protocol/packet/transmit-batch.ts
namespace transmit {
enum Column : size_t {
  headOffset,
  headLength,
  bodyOffset,
  bodyLength,
  headerWord0,
  headerWord1,
  nonceHigh,
  nonceLow,
  keySlot,
  addressOffset,
  copyOffset,
  place,
  headStride,
  bodyStride,
  prefixLength,
  prefixHigh,
  prefixLow,
  prefixStep,
  columnCount
};
}

// shared/protocol/packet/receive-batch.ts
namespace received {
enum Column : size_t {
  offset,
  length,
  addressOffset,
  headerWord0,
  headerWord1,
  nonceHigh,
  nonceLow,
  keySlot,
  isOpened,
  columnCount
};
}

constexpr int32_t NO_KEY = -1;

}  // namespace dgram
