#include "transmit-rows.h"

#include "address-record.h"

namespace dgram {

namespace {

// ChaCha20's block; AES's is a quarter of it.
constexpr size_t BLOCK = 64;

}  // namespace

bool TransmitRow::write(uint8_t* to) const {
  if (key == nullptr) {
    writeText(to, bodyLength);
    return true;
  }
  // What stands before the body is filled up to a whole block with the body's first bytes, and the rest can be sealed
  // straight from the arena: 650 ns for 1400 bytes of AES-256-GCM, against 700 when both are sealed as they are, and
  // 710 copied.
  const size_t front = prefixLength + headLength;
  const size_t wanted = (BLOCK - front % BLOCK) % BLOCK;
  const size_t borrowed = wanted < bodyLength ? wanted : bodyLength;
  writeText(to + ASSOCIATED_LENGTH, borrowed);
  storeBigEndian32(to, headerWord0);
  storeBigEndian32(to + 4, headerWord1);
  return key->seal(nonce, to, front + borrowed, body + borrowed, bodyLength - borrowed);
}

void TransmitRow::keep() const {
  if (copy != nullptr) writeText(copy, bodyLength);
}

void TransmitRow::writeText(uint8_t* to, size_t ofBody) const {
  copyBytes(to, prefix, prefixLength);
  copyBytes(to + prefixLength, head, headLength);
  copyBytes(to + prefixLength + headLength, body, ofBody);
}

const char* TransmitRows::read(size_t row, TransmitRow& result) const {
  const int64_t place = columns_.get(transmit::place, row);
  if (place < 0 || static_cast<size_t>(place) > row) return "its run begins before the batch";
  const size_t first = row - static_cast<size_t>(place);
  const bool isLater = place > 0;
  if (isLater && columns_.get(transmit::place, first) != 0) return "its run does not begin where it says";
  const int64_t headStride = isLater ? columns_.get(transmit::headStride, first) : 0;
  const int64_t bodyStride = isLater ? columns_.get(transmit::bodyStride, first) : 0;
  const int64_t headOffset = columns_.get(transmit::headOffset, first) + place * headStride;
  const int32_t headLength = columns_.get(transmit::headLength, first);
  if (!arena_.contains(headOffset, headLength)) return "head lies outside the arena";
  const int64_t bodyOffset = columns_.get(transmit::bodyOffset, first) + place * bodyStride;
  const int32_t bodyLength = columns_.get(transmit::bodyLength, first);
  if (!arena_.contains(bodyOffset, bodyLength)) return "body lies outside the arena";
  const int32_t addressOffset = columns_.get(transmit::addressOffset, first);
  if (!arena_.contains(addressOffset, ADDRESS_RECORD_SIZE)) return "address record lies outside the arena";
  const int32_t copyOffset = columns_.get(transmit::copyOffset, row);
  const int32_t slot = columns_.get(transmit::keySlot, first);
  CipherContext* key = keys_ == nullptr ? nullptr : keys_->find(slot);
  if (key == nullptr && slot != NO_KEY) return "key slot holds no key";
  if (!readPrefix(first, static_cast<uint64_t>(place), result)) return "prefix is not of 0 to 8 bytes";
  result.head = arena_.data + headOffset;
  result.headLength = static_cast<size_t>(headLength);
  result.body = arena_.data + bodyOffset;
  result.bodyLength = static_cast<size_t>(bodyLength);
  result.headerWord0 = static_cast<uint32_t>(columns_.get(transmit::headerWord0, first));
  result.headerWord1 = static_cast<uint32_t>(columns_.get(transmit::headerWord1, first) + static_cast<uint32_t>(place));
  result.nonce = columns_.getPair(transmit::nonceHigh, transmit::nonceLow, first) + static_cast<uint64_t>(place);
  result.key = key;
  result.addressRecord = arena_.data + addressOffset;
  result.copy = copyOffset == 0 ? nullptr : arena_.data + copyOffset;
  if (!arena_.contains(copyOffset, static_cast<int64_t>(result.textLength()))) return "copy lies outside the arena";
  return result.wireLength() <= maximumDatagram_ ? nullptr : "datagram is longer than the maximum";
}

bool TransmitRows::readPrefix(size_t first, uint64_t place, TransmitRow& result) const {
  const int32_t length = columns_.get(transmit::prefixLength, first);
  if (length < 0 || static_cast<size_t>(length) > TransmitRow::MAXIMUM_PREFIX) return false;
  result.prefixLength = static_cast<size_t>(length);
  if (length == 0) return true;
  const auto step = static_cast<uint32_t>(columns_.get(transmit::prefixStep, first));
  const uint64_t number = columns_.getPair(transmit::prefixHigh, transmit::prefixLow, first) + place * step;
  // The low bytes of the number, the highest of them first.
  const uint64_t shifted = number << (64 - 8 * length);
  storeBigEndian32(result.prefix, static_cast<uint32_t>(shifted >> 32));
  storeBigEndian32(result.prefix + 4, static_cast<uint32_t>(shifted));
  return true;
}

size_t TransmitRows::findFault(size_t from, size_t to, const char*& fault) const {
  TransmitRow row;
  for (size_t index = from; index < to; index++) {
    fault = read(index, row);
    if (fault != nullptr) return index;
  }
  return to;
}

}  // namespace dgram
