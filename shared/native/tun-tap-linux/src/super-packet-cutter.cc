#include "super-packet-cutter.h"

#include <algorithm>
#include <cstring>

#include "byte-order.h"
#include "internet-checksum.h"
#include "tcp-flags.h"

bool SuperPacketCutter::start(const VirtioHeader& header, const uint8_t* packet, size_t length, uint32_t offset,
                              DeviceKind kind) {
  remaining_ = 0;
  if (header.segmentSize == 0) return false;
  if (layout_.parse(packet, length, kind) != PacketShape::transport) return false;
  if (!matches(header.segmentType & ~VIRTIO_SEGMENTS_ECN) || layout_.payload == layout_.end) return false;
  memcpy(headers_, packet, layout_.payload);
  segmentSize_ = header.segmentSize;
  index_ = 0;
  payloadOffset_ = offset + layout_.payload;
  remaining_ = layout_.end - layout_.payload;
  prepareTemplate(header);
  return true;
}

bool SuperPacketCutter::matches(uint8_t segmentType) const {
  if (segmentType == VIRTIO_SEGMENTS_UDP) return !layout_.isTcp();
  return layout_.isTcp() && segmentType == (layout_.isVersion4() ? VIRTIO_SEGMENTS_TCP4 : VIRTIO_SEGMENTS_TCP6);
}

void SuperPacketCutter::prepareTemplate(const VirtioHeader& header) {
  const uint16_t length = summand(layout_.transportLength());
  const bool isPartial =
      (header.flags & VIRTIO_NEEDS_CHECKSUM) != 0 && header.checksumStart == layout_.transport;
  // The kernel's own sum without the length: right for a routing header too, whose destination is not the header's.
  pseudoSum_ = isPartial ? loadSum(headers_ + layout_.checksumPosition()) + static_cast<uint64_t>(0xffff - length)
                         : layout_.pseudoHeaderSum(headers_, 0);
  if (layout_.isVersion4()) {
    uint8_t* network = headers_ + layout_.network;
    identification_ = loadBig16(network + 4);
    memset(network + 2, 0, 4);
    memset(network + 10, 0, 2);
    networkSum_ = addToSum(0, network, layout_.transport - layout_.network);
  }
  if (layout_.isTcp()) sequence_ = loadBig32(headers_ + layout_.transport + 4);
}

void SuperPacketCutter::cut(PacketRows& rows, ScratchRegion& scratch) {
  int32_t flags = FLAG_CHECKSUM_PARTIAL;
  while (remaining_ > 0 && !rows.isFull()) {
    const uint32_t head = scratch.next(layout_.payload);
    if (head == ScratchRegion::NO_ROOM) return;
    const uint32_t size = std::min(remaining_, segmentSize_);
    scratch.take(head, layout_.payload);
    writeHead(scratch.at(head), size);
    rows.append(head, layout_.payload, payloadOffset_, size, flags);
    flags |= FLAG_CONTINUES;
    payloadOffset_ += size;
    remaining_ -= size;
    ++index_;
  }
}

void SuperPacketCutter::writeHead(uint8_t* head, uint32_t size) const {
  memcpy(head, headers_, layout_.payload);
  writeNetworkHeader(head + layout_.network, size);
  writeTransportHeader(head + layout_.transport, size);
}

void SuperPacketCutter::writeNetworkHeader(uint8_t* network, uint32_t size) const {
  const uint32_t headers = layout_.payload - layout_.network;
  if (!layout_.isVersion4()) {
    storeBig16(network + 4, headers - 40 + size);
    return;
  }
  const uint32_t total = headers + size;
  const uint32_t identification = identification_ + index_;
  storeBig16(network + 2, total);
  storeBig16(network + 4, identification);
  const uint64_t sum = networkSum_ + summand(total) + summand(identification);
  storeSum(network + 10, static_cast<uint16_t>(~foldSum(sum)));
}

void SuperPacketCutter::writeTransportHeader(uint8_t* transport, uint32_t size) const {
  const uint32_t length = layout_.payload - layout_.transport + size;
  storeSum(transport + layout_.checksumOffset(), foldSum(addWithCarry(pseudoSum_, summand(length))));
  if (!layout_.isTcp()) {
    storeBig16(transport + 4, length);
    return;
  }
  storeBig32(transport + 4, sequence_ + index_ * segmentSize_);
  uint8_t flags = transport[13];
  if (size != remaining_) flags &= static_cast<uint8_t>(~(TCP_FIN | TCP_PUSH));
  // RFC 3168 §6.1.2: a reduced window is announced once.
  if (index_ > 0) flags &= static_cast<uint8_t>(~TCP_WINDOW_REDUCED);
  transport[13] = flags;
}
