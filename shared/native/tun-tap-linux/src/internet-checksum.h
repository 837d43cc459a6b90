#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// The one's complement sum of RFC 1071. Sums are kept in memory order (§2 B: the sum does not depend on byte order),
// so a folded sum is stored as it is, and a number that is not read from a packet goes through `summand`.

/** Adds the bytes, padded to an even count by a zero, to a sum. */
uint64_t addToSum(uint64_t sum, const uint8_t* bytes, size_t length);

inline uint64_t addWithCarry(uint64_t left, uint64_t right) {
  const uint64_t sum = left + right;
  return sum + (sum < right ? 1 : 0);
}

/** A 16-bit number as it is summed. */
inline uint16_t summand(uint32_t value) {
  const uint16_t narrow = static_cast<uint16_t>(value);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(narrow) : narrow;
}

/** Reduces a sum to 16 bits; zero only for the sum zero. */
inline uint16_t foldSum(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

inline uint16_t loadSum(const uint8_t* bytes) {
  uint16_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

inline void storeSum(uint8_t* bytes, uint16_t sum) {
  memcpy(bytes, &sum, sizeof sum);
}
