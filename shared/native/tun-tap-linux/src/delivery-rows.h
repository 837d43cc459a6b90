#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "byte-span.h"

/**
 * The rows of a write, copied out and checked at once: what another thread may do to shared columns later changes
 * nothing. Keeps its memory between writes.
 */
class DeliveryRows {
 public:
  static constexpr uint32_t COLUMN_COUNT = 3;

  struct Row {
    uint32_t offset;
    uint32_t length;
    bool isPartial;
  };

  /** False when a row does not lie inside the arena or is empty; the columns hold `capacity` rows. */
  bool load(const int32_t* columns, uint32_t capacity, uint32_t count, const ByteSpan& arena) {
    rows_.clear();
    rows_.reserve(count);
    const size_t stride = capacity;
    for (size_t row = 0; row < count; ++row) {
      const int64_t offset = columns[row];
      const int64_t length = columns[stride + row];
      const int32_t flags = columns[2 * stride + row];
      if (offset < 0 || length < 1 || offset + length > static_cast<int64_t>(arena.length)) return false;
      rows_.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(length), (flags & 1) != 0});
    }
    return true;
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};
