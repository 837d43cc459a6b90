#include "network-interface.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "file-descriptor.h"

namespace {

SystemFailure call(unsigned long command, ifreq& request, const char* operation) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.isOpen()) return {errno, "socket"};
  if (ioctl(socket.value(), command, &request) != 0) return {errno, operation};
  return {};
}

}  // namespace

SystemFailure NetworkInterface::setMtu(int32_t bytes) const {
  ifreq settings = request();
  settings.ifr_mtu = bytes;
  return call(SIOCSIFMTU, settings, "SIOCSIFMTU");
}

SystemFailure NetworkInterface::setTransmitQueueLength(int32_t packets) const {
  ifreq settings = request();
  settings.ifr_qlen = packets;
  return call(SIOCSIFTXQLEN, settings, "SIOCSIFTXQLEN");
}

SystemFailure NetworkInterface::setUp() const {
  ifreq settings = request();
  const SystemFailure failure = call(SIOCGIFFLAGS, settings, "SIOCGIFFLAGS");
  if (failure) return failure;
  settings.ifr_flags |= IFF_UP;
  return call(SIOCSIFFLAGS, settings, "SIOCSIFFLAGS");
}

ifreq NetworkInterface::request() const {
  ifreq settings = {};
  memcpy(settings.ifr_name, name_.data(), name_.size());
  return settings;
}
