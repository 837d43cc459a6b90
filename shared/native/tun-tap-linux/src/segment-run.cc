#include "segment-run.h"

#include <cstring>

#include "byte-order.h"
#include "internet-checksum.h"
#include "tcp-flags.h"

namespace {

constexpr uint32_t MAXIMUM_IP_PACKET = 65535;
constexpr uint16_t IPV4_DO_NOT_FRAGMENT = 0x4000;
constexpr uint8_t TCP_CLOSING = TCP_FIN | TCP_PUSH;
// Everything but ACK, PSH, FIN and ECE keeps a packet single: SYN, RST, URG, CWR.
constexpr uint8_t TCP_NEVER_JOINED = 0x02 | 0x04 | 0x20 | TCP_WINDOW_REDUCED;

bool isEqual(const uint8_t* left, const uint8_t* right, size_t length) { return memcmp(left, right, length) == 0; }

}  // namespace

bool SegmentRun::isJoinable(const Segment& segment) {
  const PacketLayout& layout = segment.layout;
  if (layout.end != segment.length || layout.payload == layout.end || layout.hasRoutingHeader) return false;
  if (layout.isVersion4()) {
    // Joining would mend a broken header; the packet must arrive as it is.
    if (foldSum(addToSum(0, segment.network(), layout.transport - layout.network)) != 0xffff) return false;
  }
  const uint8_t* transport = segment.transport();
  if (layout.isTcp()) {
    return (transport[13] & (TCP_NEVER_JOINED | TCP_ACKNOWLEDGE)) == TCP_ACKNOWLEDGE;
  }
  // RFC 768: zero means "no checksum", which a super-packet cannot express.
  return loadBig16(transport + 4) == layout.transportLength() && (segment.isPartial || loadBig16(transport + 6) != 0);
}

bool SegmentRun::endsRun(const Segment& segment) {
  return segment.layout.isTcp() && (segment.transport()[13] & TCP_CLOSING) != 0;
}

void SegmentRun::begin(const Segment& segment, const uint8_t* arena) {
  first_ = segment;
  count_ = 0;
  segmentSize_ = segment.payloadLength();
  payloadLength_ = 0;
  partialBits_ = 0;
  closingFlags_ = 0;
  isComplete_ = false;
  isFirstVerified = segment.isPartial;
  add(segment, arena);
}

void SegmentRun::append(const Segment& segment, const uint8_t* arena) { add(segment, arena); }

void SegmentRun::add(const Segment& segment, const uint8_t* arena) {
  offsets_[count_] = static_cast<uint32_t>(segment.packet - arena);
  partialBits_ |= static_cast<uint64_t>(segment.isPartial) << count_;
  ++count_;
  lastLength_ = segment.payloadLength();
  payloadLength_ += lastLength_;
  if (segment.layout.isTcp()) closingFlags_ = segment.transport()[13] & TCP_CLOSING;
  isComplete_ = count_ == MAXIMUM_SEGMENTS || lastLength_ < segmentSize_ || closingFlags_ != 0;
}

bool SegmentRun::isSameFlow(const Segment& segment) const {
  const PacketLayout& mine = first_.layout;
  const PacketLayout& other = segment.layout;
  if (mine.version != other.version || mine.protocol != other.protocol) return false;
  if (!isEqual(first_.transport(), segment.transport(), 4)) return false;
  return mine.isVersion4() ? isEqual(first_.network() + 12, segment.network() + 12, 8)
                           : isEqual(first_.network() + 8, segment.network() + 8, 32);
}

bool SegmentRun::isContinuedBy(const Segment& segment) const {
  const PacketLayout& mine = first_.layout;
  const PacketLayout& other = segment.layout;
  if (mine.network != other.network || mine.transport != other.transport || mine.payload != other.payload) return false;
  const uint32_t size = segment.payloadLength();
  if (isComplete_ || size > segmentSize_) return false;
  if (mine.payload - mine.network + payloadLength_ + size > MAXIMUM_IP_PACKET) return false;
  return isEqual(first_.packet, segment.packet, mine.network) && hasSameNetworkHeader(segment) &&
         hasSameTransportHeader(segment);
}

bool SegmentRun::hasSameNetworkHeader(const Segment& segment) const {
  const uint8_t* mine = first_.network();
  const uint8_t* other = segment.network();
  const uint32_t length = first_.layout.transport - first_.layout.network;
  if (!first_.layout.isVersion4()) {
    return isEqual(mine, other, 4) && isEqual(mine + 6, other + 6, length - 6);
  }
  if (!isEqual(mine, other, 2) || !isEqual(mine + 6, other + 6, 4) || !isEqual(mine + 12, other + 12, length - 12)) {
    return false;
  }
  // RFC 6864 §4.1: the identification of a packet that may not be fragmented has no meaning.
  if ((loadBig16(mine + 6) & IPV4_DO_NOT_FRAGMENT) != 0) return true;
  return loadBig16(other + 4) == static_cast<uint16_t>(loadBig16(mine + 4) + count_);
}

bool SegmentRun::hasSameTransportHeader(const Segment& segment) const {
  if (!first_.layout.isTcp()) return true;
  const uint8_t* mine = first_.transport();
  const uint8_t* other = segment.transport();
  const uint32_t length = first_.layout.payload - first_.layout.transport;
  // Acknowledgement and data offset, flags but the closing ones, window, urgent pointer and options.
  return loadBig32(other + 4) == loadBig32(mine + 4) + payloadLength_ && isEqual(mine + 8, other + 8, 5) &&
         ((mine[13] ^ other[13]) & ~TCP_CLOSING) == 0 && isEqual(mine + 14, other + 14, 2) &&
         isEqual(mine + 18, other + 18, length - 18);
}
