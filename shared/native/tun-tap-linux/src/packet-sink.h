#pragma once

#include <sys/uio.h>

/** Takes whole packets in pieces: a device, or memory in a test. */
class PacketSink {
 public:
  virtual ~PacketSink() = default;

  /** Writes one packet, all of it or nothing; returns 0 or an errno. */
  virtual int write(const iovec* pieces, int count) = 0;
};
