#include "udp-socket.h"

#include <linux/filter.h>
#include <linux/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace dgram {

namespace {

bool setOption(int socket, int level, int name, int value) {
  return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

// The forced size may exceed net.core.wmem_max and needs CAP_NET_ADMIN; the plain one is cut to the limit.
bool setBuffer(int socket, int forced, int plain, int size) {
  return size == 0 || setOption(socket, SOL_SOCKET, forced, size) || setOption(socket, SOL_SOCKET, plain, size);
}

// DF on every datagram, whatever path MTU the kernel believes in: the protocol finds it out by itself.
bool setProbing(int socket, SocketFamily family) {
  if (!family.isIpv6) return setOption(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  return setOption(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE) &&
         (!family.isDualStack || setOption(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE));
}

bool setPacketInfo(int socket, SocketFamily family) {
  return family.isIpv6 ? setOption(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                       : setOption(socket, IPPROTO_IP, IP_PKTINFO, 1);
}

bool setDevice(int socket, const std::string& device) {
  return device.empty() ||
         setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), static_cast<socklen_t>(device.size())) == 0;
}

bool setMark(int socket, int64_t mark) {
  return mark < 0 || setOption(socket, SOL_SOCKET, SO_MARK, static_cast<int>(static_cast<uint32_t>(mark)));
}

bool bindTo(int socket, const SocketOptions& options) {
  AddressRecord record = options.bindTo;
  if (record.family == 0) record.family = options.family.isIpv6 ? 6 : 4;
  sockaddr_in6 address;
  const socklen_t length = record.toSocketAddress(options.family, address);
  if (length == 0) {
    errno = EAFNOSUPPORT;
    return false;
  }
  return bind(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

// What stands between a new socket and its use; the first step that fails is named.
const char* prepare(int socket, const SocketOptions& options) {
  const SocketFamily family = options.family;
  const int isOnlyIpv6 = family.isDualStack ? 0 : 1;
  if (family.isIpv6 && !setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, isOnlyIpv6)) return "set IPV6_V6ONLY";
  if (options.isPortReused && !setOption(socket, SOL_SOCKET, SO_REUSEPORT, 1)) return "set SO_REUSEPORT";
  if (!setDevice(socket, options.device)) return "set SO_BINDTODEVICE";
  if (!setMark(socket, options.mark)) return "set SO_MARK";
  if (!setBuffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, options.sendBufferBytes)) return "set SO_SNDBUF";
  if (!setBuffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBufferBytes)) return "set SO_RCVBUF";
  if (!setProbing(socket, family)) return "set IP_MTU_DISCOVER";
  if (options.hasPacketInfo && !setPacketInfo(socket, family)) return "set IP_PKTINFO";
  return bindTo(socket, options) ? nullptr : "bind";
}

}  // namespace

std::unique_ptr<UdpSocket> UdpSocket::open(const SocketOptions& options, SystemFailure& failure) {
  const int domain = options.family.isIpv6 ? AF_INET6 : AF_INET;
  FileDescriptor descriptor(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const char* failed = descriptor.isOpen() ? prepare(descriptor.number(), options) : "open a UDP socket";
  if (failed != nullptr) {
    failure = {.code = errno, .operation = failed};
    return nullptr;
  }
  const int socket = descriptor.number();
  const bool isSegmenting = options.mayOffload && setOption(socket, IPPROTO_UDP, UDP_SEGMENT, 0);
  const bool isCoalescing = options.mayOffload && setOption(socket, IPPROTO_UDP, UDP_GRO, 1);
  std::unique_ptr<UdpSocket> opened;
  if (auto queue = SendQueue::create(options.family, options.maximumDatagram)) {
    opened.reset(new (std::nothrow)
                     UdpSocket(std::move(descriptor), options, std::move(queue), isSegmenting, isCoalescing));
  }
  if (opened == nullptr) failure = {.code = ENOMEM, .operation = "open a UDP socket"};
  return opened;
}

UdpSocket::UdpSocket(FileDescriptor descriptor, const SocketOptions& options, std::unique_ptr<SendQueue> queue,
                     bool isSegmenting, bool isCoalescing)
    : descriptor_(std::move(descriptor)),
      maximumDatagram_(options.maximumDatagram),
      queue_(std::move(queue)),
      receiver_(options.maximumDatagram, isCoalescing) {
  sender_.setSegmentation(isSegmenting);
  sockaddr_in6 address{};
  socklen_t length = sizeof address;
  getsockname(descriptor_.number(), reinterpret_cast<sockaddr*>(&address), &length);
  bound_ = AddressRecord::fromSocketAddress(address);
}

int UdpSocket::bufferBytes(int option) const {
  int value = 0;
  socklen_t length = sizeof value;
  getsockopt(descriptor(), SOL_SOCKET, option, &value, &length);
  return value;
}

int UdpSocket::steer(const void* instructions, size_t count) {
  // The kernel only reads them.
  auto* filter = static_cast<sock_filter*>(const_cast<void*>(instructions));
  const sock_fprog program{.len = static_cast<unsigned short>(count), .filter = filter};
  return setsockopt(descriptor(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0 ? 0 : errno;
}

void UdpSocket::close() {
  descriptor_.reset();
  queue_->clear();
  sender_.refused().clear();
}

size_t UdpSocket::send(const TransmitRows& rows, size_t from, size_t to) {
  bool isBlocked = !flush();
  size_t row = from;
  for (; row < to && !queue_->isFull(); row++) {
    TransmitRow datagram;
    // Checked before; only another thread that writes to shared columns can make it wrong now.
    const bool isRight = rows.read(row, datagram) == nullptr;
    if (isRight) datagram.keep();
    const int error = isRight ? queue_->append(datagram) : EINVAL;
    if (error != 0) counters_.countDrops(error, 1);
    if (!isBlocked && queue_->waiting() >= SUBMISSION) isBlocked = !flush();
  }
  if (!isBlocked) flush();
  return row - from;
}

}  // namespace dgram
