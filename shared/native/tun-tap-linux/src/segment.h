#pragma once

#include <cstdint>

#include "packet-layout.h"

/** One TCP or UDP packet that is to be written, in the arena, with the places of its headers. */
struct Segment {
  uint8_t* packet;
  uint32_t length;
  bool isPartial;
  PacketLayout layout;

  const uint8_t* network() const { return packet + layout.network; }
  const uint8_t* transport() const { return packet + layout.transport; }
  uint32_t payloadLength() const { return layout.end - layout.payload; }
};
