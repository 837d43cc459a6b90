#pragma once

#include <cstddef>
#include <cstdint>

#include "byte-view.h"
#include "cipher-context.h"
#include "column-view.h"
#include "key-table.h"

namespace dgram {

// One datagram to send, checked: every pointer and length lies in the arena. Its text is prefix, head and body.
struct TransmitRow {
  static constexpr size_t MAXIMUM_PREFIX = 8;

  uint8_t prefix[MAXIMUM_PREFIX];
  size_t prefixLength;
  const uint8_t* head;
  size_t headLength;
  const uint8_t* body;
  size_t bodyLength;
  uint32_t headerWord0;
  uint32_t headerWord1;
  uint64_t nonce;
  CipherContext* key;
  const uint8_t* addressRecord;
  // Where the text is kept as it is; null for nowhere.
  uint8_t* copy;

  size_t textLength() const { return prefixLength + headLength + bodyLength; }
  size_t wireLength() const { return textLength() + (key == nullptr ? 0 : SEAL_OVERHEAD); }

  // Copies the text to where it is kept. It is read from memory but once, when the
  // datagram is sealed right after.
  void keep() const;

  // Writes the datagram as it goes on the wire, `wireLength()` bytes; false when OpenSSL fails.
  bool write(uint8_t* to) const;

 private:
  // Writes the text with so many bytes of the body.
  void writeText(uint8_t* to, size_t ofBody) const;
};

// The rows of a transmit batch as they came from JavaScript. The row of a run's later datagram, one with a place, says no
// more than that and where its copy goes; all else is that of the run's first row, counted up.
class TransmitRows {
 public:
  TransmitRows(ByteView arena, ColumnView columns, const KeyTable* keys, size_t maximumDatagram)
      : arena_(arena), columns_(columns), keys_(keys), maximumDatagram_(maximumDatagram) {}

  // Null when the row is right, else what is wrong with it, in words.
  const char* read(size_t row, TransmitRow& result) const;
  // The first wrong row of [from, to), or `to`; `fault` says what is wrong with it.
  size_t findFault(size_t from, size_t to, const char*& fault) const;

 private:
  // False when it has no length that a prefix can have.
  bool readPrefix(size_t first, uint64_t place, TransmitRow& result) const;

  ByteView arena_;
  ColumnView columns_;
  const KeyTable* keys_;
  size_t maximumDatagram_;
};

}  // namespace dgram
