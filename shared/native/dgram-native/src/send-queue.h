#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "destination-table.h"
#include "transmit-rows.h"

namespace dgram {

// Datagrams of one destination, in order, that one UDP_SEGMENT call can send: all of one length but the last, which
// may be shorter.
struct Run {
  uint32_t destination;
  uint32_t firstSlot;
  uint32_t lastSlot;
  uint32_t count;
  uint32_t segmentLength;
  uint32_t byteCount;
  // Nothing may follow the last datagram.
  bool isClosed;
  // The kernel refused it as a whole: its datagrams go one by one.
  bool isSingly;
};

// Sealed datagrams in memory of their own, gathered into runs while they wait for the kernel.
class SendQueue {
 public:
  // Datagrams that can wait: a batch of any sane size, and 2 MiB of the usual datagrams.
  static constexpr size_t CAPACITY = 1024;
  static constexpr uint32_t MAXIMUM_SEGMENTS = 64;
  static constexpr uint32_t MAXIMUM_RUN_BYTES = 65000;

  // Null when there is no memory.
  static std::unique_ptr<SendQueue> create(SocketFamily socket, size_t maximumDatagram);

  bool isEmpty() const { return waiting_ == 0; }
  bool isFull() const { return usedSlots_ == CAPACITY; }
  size_t waiting() const { return waiting_; }

  // Seals a row into the queue; the queue is not full. Returns 0, or the errno for which the row is dropped.
  int append(const TransmitRow& row);

  // The runs that wait, in the order in which they are to be sent.
  uint32_t firstRun() const { return firstRun_; }
  uint32_t endRun() const { return runCount_; }
  Run& run(uint32_t index) { return runs_[index]; }
  Destination& destination(const Run& run) { return destinations_->at(run.destination); }
  uint8_t* bytes(uint32_t slot) { return memory_.get() + slot * stride_; }
  uint32_t length(uint32_t slot) const { return slots_[slot].length; }
  uint32_t next(uint32_t slot) const { return slots_[slot].next; }

  // Forgets all that waits.
  void clear();

  // Removes the first `count` datagrams of the first run. When nothing waits any more the memory is free again.
  void consume(uint32_t count);

 private:
  struct Slot {
    uint32_t length;
    uint32_t next;
  };
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<uint8_t[], Free>;

  SendQueue(size_t stride, Memory memory, std::unique_ptr<DestinationTable> destinations)
      : stride_(stride), memory_(std::move(memory)), destinations_(std::move(destinations)) {}

  bool mayJoin(const Run& run, uint32_t length) const;
  void join(uint32_t destination, uint32_t slot);

  size_t stride_;
  Memory memory_;
  std::unique_ptr<DestinationTable> destinations_;
  uint32_t usedSlots_ = 0;
  uint32_t waiting_ = 0;
  uint32_t firstRun_ = 0;
  uint32_t runCount_ = 0;
  Slot slots_[CAPACITY];
  Run runs_[CAPACITY];
};

}  // namespace dgram
