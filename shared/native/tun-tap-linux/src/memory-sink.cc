#include "memory-sink.h"

#include <cerrno>
#include <cstring>

#include "byte-order.h"

int MemorySink::write(const iovec* pieces, int count) {
  // A single packet has two pieces at most: virtio header and packet.
  if (refusesSuperPackets_ && count > 2) return EIO;
  size_t total = 0;
  for (int index = 0; index < count; ++index) total += pieces[index].iov_len;
  if (length_ - used_ < total + 4) return ENOBUFS;
  storeBig32(bytes_ + used_, static_cast<uint32_t>(total));
  used_ += 4;
  for (int index = 0; index < count; ++index) {
    memcpy(bytes_ + used_, pieces[index].iov_base, pieces[index].iov_len);
    used_ += pieces[index].iov_len;
  }
  return 0;
}
