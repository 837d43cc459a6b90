#pragma once

#include <cstdint>
#include <cstring>

// Fields of network headers: big endian, at any alignment.

inline uint16_t loadBig16(const uint8_t* bytes) {
  uint16_t value;
  memcpy(&value, bytes, sizeof value);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(value) : value;
}

inline uint32_t loadBig32(const uint8_t* bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(value) : value;
}

inline void storeBig16(uint8_t* bytes, uint32_t value) {
  const uint16_t narrow = static_cast<uint16_t>(value);
  const uint16_t big = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(narrow) : narrow;
  memcpy(bytes, &big, sizeof big);
}

inline void storeBig32(uint8_t* bytes, uint32_t value) {
  const uint32_t big = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(value) : value;
  memcpy(bytes, &big, sizeof big);
}
