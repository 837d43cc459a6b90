#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "cipher-context.h"

namespace dgram {

// Numbered slots of keys. A freed number is given out again as late as possible, so that a stale one finds no key.
class KeyTable {
 public:
  // Null when there is no memory.
  static std::unique_ptr<KeyTable> create(size_t capacity);

  size_t capacity() const { return capacity_; }
  // The key's slot, or -1 when all slots are taken.
  int32_t add(std::unique_ptr<CipherContext> context);
  // False when the slot holds no key.
  bool remove(int64_t slot);
  // Null when the slot is out of range or empty.
  CipherContext* find(int64_t slot) const {
    return slot >= 0 && static_cast<uint64_t>(slot) < capacity_ ? slots_[slot].get() : nullptr;
  }

 private:
  using Slot = std::unique_ptr<CipherContext>;
  using Slots = std::unique_ptr<Slot[]>;

  KeyTable(size_t capacity, Slots slots) : capacity_(capacity), slots_(std::move(slots)) {}

  size_t capacity_;
  size_t next_ = 0;
  Slots slots_;
};

}  // namespace dgram
