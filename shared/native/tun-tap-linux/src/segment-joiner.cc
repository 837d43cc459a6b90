#include "segment-joiner.h"

#include <cerrno>
#include <cstring>

#include "byte-order.h"
#include "internet-checksum.h"
#include "tcp-flags.h"

uint32_t SegmentJoiner::write(uint8_t* arena, const DeliveryRows& rows) {
  arena_ = arena;
  failures_ = 0;
  for (const DeliveryRows::Row& row : rows.rows()) {
    Segment segment{arena + row.offset, row.length, row.isPartial, {}};
    add(segment);
  }
  closeAll();
  statistics_.writeErrors += failures_;
  return failures_;
}

void SegmentJoiner::add(Segment& segment) {
  switch (segment.layout.parse(segment.packet, segment.length, kind_)) {
    case PacketShape::transport:
      addSegment(segment);
      return;
    case PacketShape::fragment:
      // Which flow a fragment belongs to is unknown, so nothing may be held back behind it.
      closeAll();
      writeUnknown(segment);
      return;
    case PacketShape::other:
      writeUnknown(segment);
  }
}

bool SegmentJoiner::mayJoin(const PacketLayout& layout) const {
  if (layout.isTcp()) return layout.isVersion4() ? offloads_.tcp4 : offloads_.tcp6;
  return layout.isVersion4() ? offloads_.udp4 : offloads_.udp6;
}

void SegmentJoiner::addSegment(Segment& segment) {
  if (!mayJoin(segment.layout)) return writeSegment(segment);
  const uint32_t hash = RunTable::hash(segment);
  SegmentRun* run = table_.find(hash, segment);
  const bool isJoinable = SegmentRun::isJoinable(segment);
  if (run != nullptr) {
    if (isJoinable && run->isContinuedBy(segment) && isVerified(*run, segment)) {
      run->append(segment, arena_);
      if (run->isComplete()) close(run);
      return;
    }
    close(run);
  }
  if (isJoinable && !SegmentRun::endsRun(segment)) return open(hash, segment);
  writeSegment(segment);
}

// Full checksums are looked at only when two packets could be joined: most lone packets never are.
bool SegmentJoiner::isVerified(SegmentRun& run, const Segment& next) const {
  if (!run.isFirstVerified) {
    if (!run.first().layout.hasRightChecksum(run.first().packet)) return false;
    run.isFirstVerified = true;
  }
  return next.isPartial || next.layout.hasRightChecksum(next.packet);
}

void SegmentJoiner::open(uint32_t hash, const Segment& segment) {
  SegmentRun* obstacle = table_.obstacle(hash);
  if (obstacle != nullptr) close(obstacle);
  table_.claim(hash)->begin(segment, arena_);
}

void SegmentJoiner::close(SegmentRun* run) {
  writeRun(*run);
  table_.release(run);
}

void SegmentJoiner::closeAll() {
  for (SegmentRun* run = table_.oldest(); run != nullptr; run = table_.oldest()) close(run);
}

void SegmentJoiner::writeUnknown(const Segment& segment) {
  if (segment.isPartial) ++statistics_.malformedPackets;
  VirtioHeader header;
  if (writePacket(header, segment.packet, segment.length) != 0) ++failures_;
}

void SegmentJoiner::writeSegment(const Segment& segment) {
  VirtioHeader header;
  if (segment.isPartial && !offloads_.virtioHeader) {
    segment.layout.completeChecksum(segment.packet);
  } else if (segment.isPartial) {
    header.flags = VIRTIO_NEEDS_CHECKSUM;
    header.checksumStart = static_cast<uint16_t>(segment.layout.transport);
    header.checksumOffset = static_cast<uint16_t>(segment.layout.checksumOffset());
  }
  if (writePacket(header, segment.packet, segment.length) != 0) ++failures_;
}

void SegmentJoiner::writeRun(const SegmentRun& run) {
  if (run.count() == 1) return writeSegment(run.first());
  const int error = writeSuperPacket(run);
  if (error == 0) {
    ++statistics_.superPacketsWritten;
    statistics_.segmentsJoined += run.count();
  } else if (error == EIO || error == EINVAL) {
    ++statistics_.superPacketFallbacks;
    writeSingly(run);
  } else {
    failures_ += run.count();
  }
}

void SegmentJoiner::writeSingly(const SegmentRun& run) {
  Segment segment = run.first();
  for (uint32_t index = 0; index < run.count(); ++index) {
    segment.packet = arena_ + run.offset(index);
    segment.length = segment.layout.payload + run.payloadLength(index);
    segment.isPartial = run.isPartial(index);
    segment.layout.end = segment.length;
    writeSegment(segment);
  }
}

int SegmentJoiner::writeSuperPacket(const SegmentRun& run) {
  VirtioHeader header = describe(run);
  uint8_t headers[MAXIMUM_HEADERS];
  buildHeaders(run, headers);
  const uint32_t headersLength = run.first().layout.payload;
  iovec pieces[2 + SegmentRun::MAXIMUM_SEGMENTS];
  pieces[0] = {&header, sizeof header};
  pieces[1] = {headers, headersLength};
  for (uint32_t index = 0; index < run.count(); ++index) {
    pieces[2 + index] = {arena_ + run.offset(index) + headersLength, run.payloadLength(index)};
  }
  return submit(pieces, static_cast<int>(2 + run.count()));
}

VirtioHeader SegmentJoiner::describe(const SegmentRun& run) const {
  const PacketLayout& layout = run.first().layout;
  VirtioHeader header;
  header.flags = VIRTIO_NEEDS_CHECKSUM;
  header.segmentType = !layout.isTcp()      ? VIRTIO_SEGMENTS_UDP
                       : layout.isVersion4() ? VIRTIO_SEGMENTS_TCP4
                                             : VIRTIO_SEGMENTS_TCP6;
  header.headerLength = static_cast<uint16_t>(layout.payload);
  header.segmentSize = static_cast<uint16_t>(run.segmentSize());
  header.checksumStart = static_cast<uint16_t>(layout.transport);
  header.checksumOffset = static_cast<uint16_t>(layout.checksumOffset());
  return header;
}

void SegmentJoiner::buildHeaders(const SegmentRun& run, uint8_t* headers) const {
  const PacketLayout& layout = run.first().layout;
  memcpy(headers, run.first().packet, layout.payload);
  uint8_t* network = headers + layout.network;
  const uint32_t networkLength = layout.payload - layout.network + run.payloadLength();
  if (layout.isVersion4()) {
    storeBig16(network + 2, networkLength);
    storeSum(network + 10, 0);
    storeSum(network + 10, static_cast<uint16_t>(~foldSum(addToSum(0, network, layout.transport - layout.network))));
  } else {
    storeBig16(network + 4, networkLength - 40);
  }
  uint8_t* transport = headers + layout.transport;
  const uint32_t transportLength = layout.payload - layout.transport + run.payloadLength();
  if (layout.isTcp()) {
    transport[13] |= run.closingFlags();
  } else {
    storeBig16(transport + 4, transportLength);
  }
  storeSum(transport + layout.checksumOffset(), foldSum(layout.pseudoHeaderSum(headers, transportLength)));
}

int SegmentJoiner::writePacket(VirtioHeader& header, const uint8_t* packet, uint32_t length) {
  const iovec pieces[2] = {{&header, sizeof header}, {const_cast<uint8_t*>(packet), length}};
  return offloads_.virtioHeader ? submit(pieces, 2) : submit(pieces + 1, 1);
}

int SegmentJoiner::submit(const iovec* pieces, int count) {
  const int error = sink_.write(pieces, count);
  if (error == 0) ++statistics_.writes;
  return error;
}
