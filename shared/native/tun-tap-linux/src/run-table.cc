#include "run-table.h"

#include <algorithm>
#include <cstring>

namespace {

uint64_t loadWord(const uint8_t* bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

uint64_t mix(uint64_t state, uint64_t word) {
  const uint64_t product = (state ^ word) * 0x9e3779b97f4a7c15;
  return product ^ (product >> 32);
}

}  // namespace

uint32_t RunTable::hash(const Segment& segment) {
  uint32_t ports;
  memcpy(&ports, segment.transport(), sizeof ports);
  uint64_t state = mix(segment.layout.protocol, ports);
  const uint8_t* network = segment.network();
  if (segment.layout.isVersion4()) {
    state = mix(state, loadWord(network + 12));
  } else {
    for (uint32_t offset = 8; offset < 40; offset += 8) state = mix(state, loadWord(network + offset));
  }
  return static_cast<uint32_t>(state) | 1;
}

SegmentRun* RunTable::find(uint32_t hash, const Segment& segment) {
  const uint32_t first = firstOfSet(hash);
  for (uint32_t index = first; index < first + WAYS; ++index) {
    if (tags_[index] == hash && runs_[index].isSameFlow(segment)) return &runs_[index];
  }
  return nullptr;
}

SegmentRun* RunTable::obstacle(uint32_t hash) {
  const uint32_t first = firstOfSet(hash);
  for (uint32_t index = first; index < first + WAYS; ++index) {
    if (tags_[index] == FREE) return nullptr;
  }
  const uint8_t* oldest = std::find_if(open_, open_ + openCount_,
                                       [first](uint8_t index) { return index >= first && index < first + WAYS; });
  return &runs_[*oldest];
}

SegmentRun* RunTable::claim(uint32_t hash) {
  uint32_t index = firstOfSet(hash);
  while (tags_[index] != FREE) ++index;
  tags_[index] = hash;
  open_[openCount_++] = static_cast<uint8_t>(index);
  return &runs_[index];
}

void RunTable::release(const SegmentRun* run) {
  const uint8_t index = static_cast<uint8_t>(run - runs_);
  tags_[index] = FREE;
  uint8_t* end = open_ + openCount_;
  uint8_t* place = std::find(open_, end, index);
  memmove(place, place + 1, static_cast<size_t>(end - place - 1));
  --openCount_;
}
