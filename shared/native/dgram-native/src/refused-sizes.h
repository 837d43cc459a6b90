#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "address-record.h"

namespace dgram {

// To whom the kernel did not send because the datagram was too long (EMSGSIZE), and the shortest of these, until somebody
// asks. There is room for a few destinations: one that found none is told of when it is refused again.
class RefusedSizes {
 public:
  void note(const AddressRecord& destination, uint32_t length) {
    for (size_t index = 0; index < count_; index++) {
      Entry& entry = entries_[index];
      if (std::memcmp(&entry.destination, &destination, sizeof destination) != 0) continue;
      entry.shortest = std::min(entry.shortest, length);
      return;
    }
    if (count_ < CAPACITY) entries_[count_++] = {.destination = destination, .shortest = length};
  }

  // Writes one destination and answers its shortest refused length, 0 when there is none left.
  uint32_t take(uint8_t* record) {
    if (count_ == 0) return 0;
    const Entry& entry = entries_[--count_];
    std::memcpy(record, &entry.destination, sizeof entry.destination);
    return entry.shortest;
  }

  bool isEmpty() const { return count_ == 0; }
  void clear() { count_ = 0; }

 private:
  static constexpr size_t CAPACITY = 32;

  struct Entry {
    AddressRecord destination;
    uint32_t shortest;
  };

  size_t count_ = 0;
  Entry entries_[CAPACITY];
};

}  // namespace dgram
