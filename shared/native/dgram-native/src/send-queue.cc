#include "send-queue.h"

#include <cerrno>
#include <new>

namespace dgram {

namespace {

constexpr size_t PAGE = 4096;
constexpr size_t CACHE_LINE = 64;

size_t roundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

std::unique_ptr<SendQueue> SendQueue::create(SocketFamily socket, size_t maximumDatagram) {
  const size_t stride = roundUp(maximumDatagram, CACHE_LINE);
  // Pages that were never written take no memory.
  Memory memory(static_cast<uint8_t*>(std::aligned_alloc(PAGE, roundUp(stride * CAPACITY, PAGE))));
  auto destinations = DestinationTable::create(socket, CAPACITY);
  if (memory == nullptr || destinations == nullptr) return nullptr;
  return std::unique_ptr<SendQueue>(new (std::nothrow) SendQueue(stride, std::move(memory), std::move(destinations)));
}

int SendQueue::append(const TransmitRow& row) {
  if (!row.write(bytes(usedSlots_))) return EKEYREJECTED;
  const uint32_t destination = destinations_->find(row.addressRecord);
  if (destination == DestinationTable::NONE) return EAFNOSUPPORT;
  slots_[usedSlots_] = {.length = static_cast<uint32_t>(row.wireLength()), .next = 0};
  join(destination, usedSlots_);
  usedSlots_++;
  waiting_++;
  return 0;
}

void SendQueue::join(uint32_t destinationIndex, uint32_t slot) {
  Destination& destination = destinations_->at(destinationIndex);
  const uint32_t length = slots_[slot].length;
  if (destination.openRun != DestinationTable::NONE && destination.openRun >= firstRun_) {
    Run& run = runs_[destination.openRun];
    if (mayJoin(run, length)) {
      slots_[run.lastSlot].next = slot;
      run.lastSlot = slot;
      run.count++;
      run.byteCount += length;
      run.isClosed = length < run.segmentLength;
      return;
    }
  }
  destination.openRun = runCount_;
  runs_[runCount_++] = {
      .destination = destinationIndex,
      .firstSlot = slot,
      .lastSlot = slot,
      .count = 1,
      .segmentLength = length,
      .byteCount = length,
      .isClosed = length == 0,
      .isSingly = false,
  };
}

bool SendQueue::mayJoin(const Run& run, uint32_t length) const {
  return !run.isClosed && !run.isSingly && run.count < MAXIMUM_SEGMENTS && length > 0 &&
         length <= run.segmentLength && run.byteCount + length <= MAXIMUM_RUN_BYTES;
}

void SendQueue::consume(uint32_t count) {
  Run& run = runs_[firstRun_];
  waiting_ -= count;
  run.count -= count;
  for (uint32_t taken = 0; taken < count; taken++) {
    run.byteCount -= slots_[run.firstSlot].length;
    run.firstSlot = slots_[run.firstSlot].next;
  }
  if (run.count == 0) firstRun_++;
  if (waiting_ == 0) clear();
}

void SendQueue::clear() {
  usedSlots_ = 0;
  firstRun_ = 0;
  runCount_ = 0;
  waiting_ = 0;
  destinations_->clear();
}

}  // namespace dgram
