#include "key-table.h"

#include <new>
#include <utility>

namespace dgram {

std::unique_ptr<KeyTable> KeyTable::create(size_t capacity) {
  Slots slots(new (std::nothrow) Slot[capacity]);
  if (slots == nullptr) return nullptr;
  return std::unique_ptr<KeyTable>(new (std::nothrow) KeyTable(capacity, std::move(slots)));
}

int32_t KeyTable::add(std::unique_ptr<CipherContext> context) {
  for (size_t tried = 0; tried < capacity_; tried++) {
    const size_t slot = next_;
    next_ = next_ + 1 == capacity_ ? 0 : next_ + 1;
    if (slots_[slot] == nullptr) {
      slots_[slot] = std::move(context);
      return static_cast<int32_t>(slot);
    }
  }
  return -1;
}

bool KeyTable::remove(int64_t slot) {
  if (find(slot) == nullptr) return false;
  slots_[slot] = nullptr;
  return true;
}

}  // namespace dgram
