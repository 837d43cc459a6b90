#include "internet-checksum.h"

namespace {

constexpr size_t WORD = sizeof(uint64_t);

uint64_t loadWord(const uint8_t* bytes) {
  uint64_t word;
  memcpy(&word, bytes, WORD);
  return word;
}

}  // namespace

uint64_t addToSum(uint64_t sum, const uint8_t* bytes, size_t length) {
  // Four chains of carries, so that the processor adds them side by side.
  uint64_t second = 0;
  uint64_t third = 0;
  uint64_t fourth = 0;
  while (length >= 4 * WORD) {
    sum = addWithCarry(sum, loadWord(bytes));
    second = addWithCarry(second, loadWord(bytes + WORD));
    third = addWithCarry(third, loadWord(bytes + 2 * WORD));
    fourth = addWithCarry(fourth, loadWord(bytes + 3 * WORD));
    bytes += 4 * WORD;
    length -= 4 * WORD;
  }
  sum = addWithCarry(addWithCarry(sum, second), addWithCarry(third, fourth));
  while (length >= WORD) {
    sum = addWithCarry(sum, loadWord(bytes));
    bytes += WORD;
    length -= WORD;
  }
  if (length > 0) {
    uint64_t rest = 0;
    memcpy(&rest, bytes, length);
    sum = addWithCarry(sum, rest);
  }
  return sum;
}
