#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "address-record.h"
#include "file-descriptor.h"
#include "receiver.h"
#include "send-queue.h"
#include "sender.h"
#include "socket-counters.h"
#include "system-failure.h"
#include "transmit-rows.h"

namespace dgram {

struct SocketOptions {
  SocketFamily family;
  // Address and port to bind to; family 0 binds to any address.
  AddressRecord bindTo;
  // SO_BINDTODEVICE; empty for any device.
  std::string device;
  // SO_MARK; negative for none.
  int64_t mark = -1;
  bool isPortReused = false;
  // Zero leaves the system's size.
  int sendBufferBytes = 0;
  int receiveBufferBytes = 0;
  bool hasPacketInfo = false;
  bool mayOffload = true;
  size_t maximumDatagram = 2048;
};

// A UDP socket that never blocks, with its own queue of datagrams that the kernel did not take yet.
class UdpSocket {
 public:
  // Null on failure; `failure` says why.
  static std::unique_ptr<UdpSocket> open(const SocketOptions& options, SystemFailure& failure);

  int descriptor() const { return descriptor_.number(); }
  bool isOpen() const { return descriptor_.isOpen(); }
  const AddressRecord& bound() const { return bound_; }
  bool hasSegmentation() const { return sender_.hasSegmentation(); }
  const Receiver& receiver() const { return receiver_; }
  size_t maximumDatagram() const { return maximumDatagram_; }
  size_t backlog() const { return queue_->waiting(); }
  const SocketCounters& counters() const { return counters_; }
  // SO_SNDBUF or SO_RCVBUF as the kernel counts it.
  int bufferBytes(int option) const;

  // Closes the descriptor and forgets the backlog.
  void close();

  // Lets `count` instructions of classic BPF choose among the sockets of a reused port; 0 or the errno.
  int steer(const void* instructions, size_t count);

  // Sends what waits; true when nothing waits any more.
  bool flush() { return sender_.submit(descriptor(), *queue_, counters_); }

  // Seals and sends rows that were checked before, and returns how many it took: fewer only when the backlog is full.
  size_t send(const TransmitRows& rows, size_t from, size_t to);

  // To whom it did not send because the kernel found the datagrams too long.
  RefusedSizes& refused() { return sender_.refused(); }

  size_t receive(const Scratch& scratch, const ColumnView& columns, int& failure) {
    return receiver_.receive(descriptor(), scratch, columns, counters_, failure);
  }

 private:
  // Datagrams per submission: enough for full runs of several destinations, few enough to be still in the cache.
  static constexpr size_t SUBMISSION = 256;

  UdpSocket(FileDescriptor descriptor, const SocketOptions& options, std::unique_ptr<SendQueue> queue,
            bool isSegmenting, bool isCoalescing);

  FileDescriptor descriptor_;
  size_t maximumDatagram_;
  AddressRecord bound_;
  std::unique_ptr<SendQueue> queue_;
  Sender sender_;
  Receiver receiver_;
  SocketCounters counters_;
};

}  // namespace dgram
