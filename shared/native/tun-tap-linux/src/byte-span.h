#pragma once

#include <cstddef>
#include <cstdint>

/** The bytes of a Uint8Array that JavaScript gave. */
struct ByteSpan {
  uint8_t* data = nullptr;
  size_t length = 0;
};
