#include "destination-table.h"

#include <cstring>
#include <new>
#include <utility>

namespace dgram {

namespace {

size_t hash(const AddressRecord& record) {
  uint64_t words[ADDRESS_RECORD_SIZE / sizeof(uint64_t)];
  std::memcpy(words, &record, sizeof words);
  uint64_t mixed = 0;
  for (const uint64_t word : words) {
    mixed = (mixed ^ word) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 32;
  }
  return mixed;
}

bool isSame(const AddressRecord& a, const AddressRecord& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

std::unique_ptr<DestinationTable> DestinationTable::create(SocketFamily socket, size_t capacity) {
  std::unique_ptr<Destination[]> destinations(new (std::nothrow) Destination[capacity]);
  std::unique_ptr<Entry[]> entries(new (std::nothrow) Entry[2 * capacity]());
  if (destinations == nullptr || entries == nullptr) return nullptr;
  return std::unique_ptr<DestinationTable>(
      new (std::nothrow) DestinationTable(socket, capacity, std::move(destinations), std::move(entries)));
}

uint32_t DestinationTable::find(const uint8_t* bytes) {
  AddressRecord record;
  std::memcpy(&record, bytes, sizeof record);
  if (latest_ < count_ && isSame(destinations_[latest_].record, record)) return latest_;
  for (size_t place = hash(record) & entryMask_;; place = (place + 1) & entryMask_) {
    Entry& entry = entries_[place];
    if (entry.generation != generation_) {
      const uint32_t added = add(record);
      if (added != NONE) entry = {generation_, added};
      return added;
    }
    if (isSame(destinations_[entry.destination].record, record)) return latest_ = entry.destination;
  }
}

void DestinationTable::clear() {
  count_ = 0;
  if (++generation_ != 0) return;
  std::memset(entries_.get(), 0, (entryMask_ + 1) * sizeof(Entry));
  generation_ = 1;
}

uint32_t DestinationTable::add(const AddressRecord& record) {
  Destination& destination = destinations_[count_];
  destination.addressLength = record.toSocketAddress(socket_, destination.address);
  if (destination.addressLength == 0) return NONE;
  destination.record = record;
  destination.packetInfoSpace = record.writePacketInfo(socket_, destination.packetInfo);
  destination.openRun = NONE;
  return latest_ = count_++;
}

}  // namespace dgram
