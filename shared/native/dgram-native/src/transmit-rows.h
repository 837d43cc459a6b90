#pragma once

#include <cstddef>
#include <cstdint>

#include "byte-view.h"
#include "cipher-context.h"
#include "column-view.h"
#include "key-table.h"

namespace dgram {

// One datagram to send, checked: every pointer and length lies in the arena.
struct TransmitRow {
  const uint8_t* head;
  size_t headLength;
  const uint8_t* body;
  size_t bodyLength;
  uint32_t headerWord0;
  uint32_t headerWord1;
  uint64_t nonce;
  CipherContext* key;
  const uint8_t* addressRecord;
  // Where head and body are kept as they are; null for nowhere.
  uint8_t* copy;

  size_t wireLength() const { return headLength + bodyLength + (key == nullptr ? 0 : SEAL_OVERHEAD); }

  // Copies head and body, one behind the other, to where they are kept. They are read from memory but once, when the
  // datagram is sealed right after.
  void keep() const;

  // Writes the datagram as it goes on the wire, `wireLength()` bytes; false when OpenSSL fails.
  bool write(uint8_t* to) const;
};

// The rows of a transmit batch as they came from JavaScript.
class TransmitRows {
 public:
  TransmitRows(ByteView arena, ColumnView columns, const KeyTable* keys, size_t maximumDatagram)
      : arena_(arena), columns_(columns), keys_(keys), maximumDatagram_(maximumDatagram) {}

  // Null when the row is right, else what is wrong with it, in words.
  const char* read(size_t row, TransmitRow& result) const;
  // The first wrong row of [from, to), or `to`; `fault` says what is wrong with it.
  size_t findFault(size_t from, size_t to, const char*& fault) const;

 private:
  ByteView arena_;
  ColumnView columns_;
  const KeyTable* keys_;
  size_t maximumDatagram_;
};

}  // namespace dgram
