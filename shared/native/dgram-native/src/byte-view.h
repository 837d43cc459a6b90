#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dgram {

// Bytes of a Uint8Array, valid only during the call that fetched them.
struct ByteView {
  uint8_t* data = nullptr;
  size_t length = 0;

  bool contains(int64_t offset, int64_t count) const {
    if (offset < 0 || count < 0) return false;
    const auto start = static_cast<uint64_t>(offset);
    return start <= length && static_cast<uint64_t>(count) <= length - start;
  }
};

inline void copyBytes(uint8_t* to, const uint8_t* from, size_t count) {
  // Pieces of one arena may overlap when the caller is wrong; and a null pointer with length zero is legal here.
  if (count > 0) std::memmove(to, from, count);
}

inline void storeBigEndian32(uint8_t* to, uint32_t value) {
  const uint32_t swapped = __builtin_bswap32(value);
  std::memcpy(to, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? &swapped : &value, sizeof value);
}

inline uint32_t loadBigEndian32(const uint8_t* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(value) : value;
}

}  // namespace dgram
