#include "tun-device.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "alike-packets.h"
#include "internet-checksum.h"
#include "tun-opener.h"

namespace {

// Rows for one super-packet of common size: with fewer left it is better read by the next call, as what does not fit
// must be copied aside.
constexpr uint32_t COMFORTABLE_ROWS = 48;

}  // namespace

std::unique_ptr<TunDevice> TunDevice::open(const Options& options, SystemFailure& failure) {
  TunOpener opener(options);
  failure = opener.open();
  if (failure) return nullptr;
  std::unique_ptr<TunDevice> device(
      new (std::nothrow) TunDevice(opener.takeDescriptor(), opener.name(), options.kind, opener.offloads()));
  if (device == nullptr) {
    failure = {ENOMEM, "open"};
    return nullptr;
  }
  if (options.mtu != 0) failure = device->interface().setMtu(options.mtu);
  if (failure) return nullptr;
  return device;
}

TunDevice::TunDevice(FileDescriptor descriptor, const InterfaceName& name, DeviceKind kind, const Offloads& offloads)
    : descriptor_(std::move(descriptor)), name_(name), kind_(kind), offloads_(offloads),
      joiner_(kind, offloads, *this, statistics_) {}

int TunDevice::read(PacketRows& rows, ScratchRegion& scratch) {
  latestSingle_ = {};
  if (!resume(rows, scratch)) return 0;
  while (hasRoom(rows)) {
    const uint32_t offset = scratch.next(MAXIMUM_FRAME);
    if (offset == ScratchRegion::NO_ROOM) return 0;
    VirtioHeader header;
    const ssize_t length = readFrame(header, scratch.at(offset));
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return 0;
      ++statistics_.readErrors;
      return errno;
    }
    ++statistics_.reads;
    accept(header, offset, static_cast<uint32_t>(length), rows, scratch);
  }
  return 0;
}

void TunDevice::close() { descriptor_.close(); }

bool TunDevice::hasRoom(const PacketRows& rows) const {
  if (!offloads_.virtioHeader || rows.count() == 0) return !rows.isFull();
  return rows.left() > std::min(COMFORTABLE_ROWS, rows.capacity() / 8);
}

ssize_t TunDevice::readFrame(VirtioHeader& header, uint8_t* frame) {
  if (!offloads_.virtioHeader) return ::read(descriptor_.value(), frame, MAXIMUM_FRAME);
  const iovec pieces[2] = {{&header, sizeof header}, {frame, MAXIMUM_FRAME}};
  const ssize_t length = readv(descriptor_.value(), pieces, 2);
  if (length < 0) return length;
  return std::max<ssize_t>(length - static_cast<ssize_t>(sizeof header), 0);
}

void TunDevice::accept(const VirtioHeader& header, uint32_t offset, uint32_t length, PacketRows& rows,
                       ScratchRegion& scratch) {
  if (length == 0) return;
  if (header.segmentType == VIRTIO_SEGMENTS_NONE) return acceptSingle(header, offset, length, rows, scratch);
  if (!cutter_.start(header, scratch.at(offset), length, offset, kind_)) {
    ++statistics_.unsupportedReads;
    return;
  }
  ++statistics_.superPacketsRead;
  latestSingle_ = {};
  scratch.take(offset, length);
  cutOn(rows, scratch);
}

void TunDevice::acceptSingle(const VirtioHeader& header, uint32_t offset, uint32_t length, PacketRows& rows,
                             ScratchRegion& scratch) {
  int32_t flags = settleChecksum(header, scratch.at(offset), length);
  if (isAlikeLatest(scratch, offset, length)) flags |= FLAG_CONTINUES;
  latestSingle_ = {.offset = offset, .length = length};
  scratch.take(offset, length);
  rows.append(offset, length, 0, 0, flags);
}

// Whether the row before is a packet of the same flow and size: forwarded packets of a transfer come one at a time.
bool TunDevice::isAlikeLatest(const ScratchRegion& scratch, uint32_t offset, uint32_t length) const {
  return kind_ == DeviceKind::tun && latestSingle_.length == length &&
         areAlike(scratch.at(latestSingle_.offset), scratch.at(offset), length);
}

// A partial checksum elsewhere than in the outermost TCP or UDP header (a tunnel's) cannot be told by a flag.
int32_t TunDevice::settleChecksum(const VirtioHeader& header, uint8_t* packet, uint32_t length) const {
  if ((header.flags & VIRTIO_NEEDS_CHECKSUM) == 0) return 0;
  const uint32_t start = header.checksumStart;
  const uint32_t position = start + header.checksumOffset;
  PacketLayout layout;
  if (layout.parse(packet, length, kind_) == PacketShape::transport && layout.transport == start &&
      layout.checksumPosition() == position) {
    return FLAG_CHECKSUM_PARTIAL;
  }
  if (position + 2 <= length) {
    const uint16_t checksum = static_cast<uint16_t>(~foldSum(addToSum(0, packet + start, length - start)));
    storeSum(packet + position, checksum == 0 ? 0xffff : checksum);
  }
  return 0;
}

void TunDevice::cutOn(PacketRows& rows, ScratchRegion& scratch) {
  const uint32_t before = rows.count();
  cutter_.cut(rows, scratch);
  statistics_.segmentsCut += rows.count() - before;
  if (cutter_.isDone()) return;
  memcpy(pending_, scratch.at(cutter_.payloadOffset()), cutter_.remaining());
}

// Goes on with the super-packet of the last call; false when this call's room is used up by it.
bool TunDevice::resume(PacketRows& rows, ScratchRegion& scratch) {
  if (cutter_.isDone()) return true;
  const uint32_t offset = scratch.next(cutter_.remaining());
  if (offset == ScratchRegion::NO_ROOM) return false;
  memcpy(scratch.at(offset), pending_, cutter_.remaining());
  scratch.take(offset, cutter_.remaining());
  cutter_.relocate(offset);
  cutOn(rows, scratch);
  return cutter_.isDone();
}

int TunDevice::write(const iovec* pieces, int count) {
  ssize_t written;
  do {
    written = writev(descriptor_.value(), pieces, count);
  } while (written < 0 && errno == EINTR);
  return written < 0 ? errno : 0;
}
