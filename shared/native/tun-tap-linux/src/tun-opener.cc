#include "tun-opener.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace {

// linux/if_tun.h since 6.2; the headers of Debian 12 do not have them.
constexpr unsigned OFFLOAD_UDP4 = 0x20;
constexpr unsigned OFFLOAD_UDP6 = 0x40;

constexpr unsigned OFFLOAD_TCP = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
constexpr unsigned OFFLOAD_STEPS[] = {OFFLOAD_TCP | OFFLOAD_UDP4 | OFFLOAD_UDP6, OFFLOAD_TCP, TUN_F_CSUM, 0};

}  // namespace

SystemFailure TunOpener::open() {
  descriptor_ = FileDescriptor(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor_.isOpen()) return {errno, "open /dev/net/tun"};
  if (options_.mayOffload) {
    const SystemFailure failure = attach(true);
    if (!failure) return prepareVirtioHeader();
    if (failure.code != EINVAL) return failure;
  }
  return attach(false);
}

SystemFailure TunOpener::attach(bool hasVirtioHeader) {
  ifreq request = {};
  memcpy(request.ifr_name, options_.name.data(), options_.name.size());
  int flags = IFF_NO_PI | (options_.kind == DeviceKind::tun ? IFF_TUN : IFF_TAP);
  if (options_.isMultiQueue) flags |= IFF_MULTI_QUEUE;
  if (hasVirtioHeader) flags |= IFF_VNET_HDR;
  request.ifr_flags = static_cast<short>(flags);
  if (ioctl(descriptor_.value(), TUNSETIFF, &request) != 0) return {errno, "TUNSETIFF"};
  memcpy(name_.data(), request.ifr_name, name_.size() - 1);
  return {};
}

SystemFailure TunOpener::prepareVirtioHeader() {
  // A device that outlived its last owner may have been left with a longer header.
  int length = sizeof(VirtioHeader);
  if (ioctl(descriptor_.value(), TUNSETVNETHDRSZ, &length) != 0) return {errno, "TUNSETVNETHDRSZ"};
  offloads_.virtioHeader = true;
  askForOffloads();
  return {};
}

void TunOpener::askForOffloads() {
  for (const unsigned step : OFFLOAD_STEPS) {
    if (ioctl(descriptor_.value(), TUNSETOFFLOAD, static_cast<unsigned long>(step)) != 0) continue;
    offloads_.checksum = (step & TUN_F_CSUM) != 0;
    offloads_.tcp4 = (step & TUN_F_TSO4) != 0;
    offloads_.tcp6 = (step & TUN_F_TSO6) != 0;
    offloads_.ecn = (step & TUN_F_TSO_ECN) != 0;
    offloads_.udp4 = (step & OFFLOAD_UDP4) != 0;
    offloads_.udp6 = (step & OFFLOAD_UDP6) != 0;
    return;
  }
}
