#include <linux/filter.h>
#include <net/if.h>

#include "bindings.h"
#include "javascript-call.h"
#include "key-table.h"
#include "udp-socket.h"

namespace dgram {

namespace {

constexpr int64_t LEAST_MAXIMUM_DATAGRAM = 576;
constexpr int64_t GREATEST_MAXIMUM_DATAGRAM = 9216;
constexpr int64_t GREATEST_BUFFER = 1 << 30;

// The receiver's socket when it is open; otherwise an error is thrown.
UdpSocket* openSocket(JavaScriptCall& call, const char* operation) {
  auto* socket = call.self<UdpSocket>();
  if (socket == nullptr || socket->isOpen()) return socket;
  call.systemError({.code = EBADF, .operation = operation});
  return nullptr;
}

napi_value construct(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  if (!call.isConstruction()) return nullptr;
  SocketOptions options;
  options.family.isIpv6 = call.boolean(0, "isIpv6");
  options.family.isDualStack = call.boolean(1, "dualStack");
  const ByteView record = call.bytes(2, "address");
  options.device = call.string(3, "device", IF_NAMESIZE - 1);
  options.mark = call.integer(4, "mark", -1, UINT32_MAX);
  options.sendBufferBytes = static_cast<int>(call.integer(5, "sendBufferBytes", 0, GREATEST_BUFFER));
  options.receiveBufferBytes = static_cast<int>(call.integer(6, "receiveBufferBytes", 0, GREATEST_BUFFER));
  options.maximumDatagram = static_cast<size_t>(
      call.integer(7, "maximumDatagram", LEAST_MAXIMUM_DATAGRAM, GREATEST_MAXIMUM_DATAGRAM));
  options.isPortReused = call.boolean(8, "reusePort");
  const int64_t features = call.integer(9, "features", 0, 3);
  if (call.hasFailed()) return nullptr;
  if (!record.contains(0, ADDRESS_RECORD_SIZE)) return call.rangeError("address must have 48 bytes");
  std::memcpy(&options.bindTo, record.data, ADDRESS_RECORD_SIZE);
  options.hasPacketInfo = (features & 1) != 0;
  options.mayOffload = (features & 2) != 0;
  SystemFailure failure;
  auto socket = UdpSocket::open(options, failure);
  if (socket == nullptr) return call.systemError(failure);
  return call.own(socket.release(), SOCKET_TAG);
}

// Added to a count of datagrams, which is far less, so that nobody has to ask again after every batch.
constexpr double HAS_BACKLOG = 1 << 29;
constexpr double HAS_REFUSED = 1 << 30;

double stateOf(UdpSocket& socket) {
  return (socket.backlog() == 0 ? 0 : HAS_BACKLOG) + (socket.refused().isEmpty() ? 0 : HAS_REFUSED);
}

napi_value send(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  UdpSocket* socket = openSocket(call, "send");
  const KeyTable* keys = call.isNullish(0) ? nullptr : call.object<KeyTable>(0, "aead", AEAD_TAG);
  const ByteView arena = call.bytes(1, "arena");
  const ColumnView columns = call.columns(2, transmit::columnCount);
  const int64_t to = call.integer(5, "to", 0, static_cast<int64_t>(columns.capacity));
  const int64_t from = call.integer(4, "from", 0, to);
  if (call.hasFailed()) return nullptr;
  const TransmitRows rows(arena, columns, keys, socket->maximumDatagram());
  const char* fault = nullptr;
  const size_t wrong = rows.findFault(static_cast<size_t>(from), static_cast<size_t>(to), fault);
  if (fault != nullptr) return call.rangeError("row " + std::to_string(wrong) + ": " + fault);
  if (!socket->flush()) return call.systemError({.code = EAGAIN, .operation = "send while a backlog waits"});
  const size_t taken = socket->send(rows, static_cast<size_t>(from), static_cast<size_t>(to));
  return toJavaScript(env, static_cast<double>(taken) + stateOf(*socket));
}

napi_value flush(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  UdpSocket* socket = openSocket(call, "flush");
  if (call.hasFailed()) return nullptr;
  socket->flush();
  return toJavaScript(env, static_cast<double>(socket->backlog()) + stateOf(*socket));
}

napi_value receive(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  UdpSocket* socket = openSocket(call, "receive");
  const ByteView arena = call.bytes(0, "arena");
  const int64_t offset = call.integer(1, "scratchOffset", 0, INT32_MAX);
  const int64_t length = call.integer(2, "scratchLength", 0, INT32_MAX);
  const ColumnView columns = call.columns(3, received::columnCount);
  if (call.hasFailed()) return nullptr;
  const Receiver& receiver = socket->receiver();
  if (!arena.contains(offset, length)) return call.rangeError("the scratch lies outside the arena");
  if (offset + length > INT32_MAX) return call.rangeError("the scratch lies beyond 2 GiB");
  if (static_cast<size_t>(length) < receiver.minimumScratch()) {
    return call.rangeError("scratchLength must be at least " + std::to_string(receiver.minimumScratch()));
  }
  if (columns.capacity < receiver.minimumRows()) {
    return call.rangeError("capacity must be at least " + std::to_string(receiver.minimumRows()));
  }
  int failure = 0;
  const Scratch scratch{.arena = arena, .offset = static_cast<size_t>(offset), .length = static_cast<size_t>(length)};
  const size_t rows = socket->receive(scratch, columns, failure);
  if (failure != 0) return call.systemError({.code = failure, .operation = "receive"});
  return toJavaScript(env, static_cast<double>(rows));
}

napi_value takeRefused(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  const ByteView arena = call.bytes(0, "arena");
  const int64_t offset = call.integer(1, "offset", 0, INT32_MAX);
  if (call.hasFailed()) return nullptr;
  if (!arena.contains(offset, ADDRESS_RECORD_SIZE)) return call.rangeError("the record lies outside the arena");
  return toJavaScript(env, static_cast<double>(socket->refused().take(arena.data + offset)));
}

napi_value steer(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  UdpSocket* socket = openSocket(call, "steer");
  const ByteView program = call.bytes(0, "program");
  if (call.hasFailed()) return nullptr;
  const size_t count = program.length / sizeof(sock_filter);
  if (program.length % sizeof(sock_filter) != 0 || count == 0 || count > BPF_MAXINSNS) {
    return call.rangeError("program must have 1 to 4096 instructions");
  }
  const int failure = socket->steer(program.data, count);
  if (failure != 0) return call.systemError({.code = failure, .operation = "set SO_ATTACH_REUSEPORT_CBPF"});
  return nullptr;
}

napi_value close(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  if (socket != nullptr) socket->close();
  return nullptr;
}

napi_value fd(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  return socket == nullptr ? nullptr : toJavaScript(env, static_cast<double>(socket->descriptor()));
}

napi_value backlog(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  return socket == nullptr ? nullptr : toJavaScript(env, static_cast<double>(socket->backlog()));
}

napi_value bound(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  const ByteView record = call.bytes(0, "record");
  if (call.hasFailed()) return nullptr;
  if (!record.contains(0, ADDRESS_RECORD_SIZE)) return call.rangeError("record must have 48 bytes");
  std::memcpy(record.data, &socket->bound(), ADDRESS_RECORD_SIZE);
  return nullptr;
}

napi_value properties(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  if (socket == nullptr) return nullptr;
  napi_value result = nullptr;
  napi_create_object(env, &result);
  setProperty(env, result, "segmentation", toJavaScript(env, socket->hasSegmentation()));
  setProperty(env, result, "coalescing", toJavaScript(env, socket->receiver().isCoalescing()));
  setProperty(env, result, "sendBufferBytes", toJavaScript(env, static_cast<double>(socket->bufferBytes(SO_SNDBUF))));
  setProperty(env, result, "receiveBufferBytes",
              toJavaScript(env, static_cast<double>(socket->bufferBytes(SO_RCVBUF))));
  setProperty(env, result, "minimumScratch",
              toJavaScript(env, static_cast<double>(socket->receiver().minimumScratch())));
  setProperty(env, result, "minimumRows", toJavaScript(env, static_cast<double>(socket->receiver().minimumRows())));
  return result;
}

napi_value dropsByName(napi_env env, const SocketCounters& counters) {
  napi_value result = nullptr;
  napi_create_object(env, &result);
  for (size_t code = 0; code < SocketCounters::ERROR_COUNT; code++) {
    if (counters.drops[code] == 0) continue;
    setProperty(env, result, errorName(static_cast<int>(code)).c_str(),
                toJavaScript(env, static_cast<double>(counters.drops[code])));
  }
  return result;
}

napi_value statistics(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* socket = call.self<UdpSocket>();
  if (socket == nullptr) return nullptr;
  const SocketCounters& counters = socket->counters();
  const struct {
    const char* name;
    uint64_t value;
  } fields[] = {
      {"sentDatagrams", counters.sentDatagrams},
      {"sentBytes", counters.sentBytes},
      {"sendCalls", counters.sendCalls},
      {"segmentedRuns", counters.segmentedRuns},
      {"segmentedDatagrams", counters.segmentedDatagrams},
      {"blocked", counters.blocked},
      {"tooBig", counters.drops[EMSGSIZE]},
      {"receivedDatagrams", counters.receivedDatagrams},
      {"receivedBytes", counters.receivedBytes},
      {"receiveCalls", counters.receiveCalls},
      {"coalescedMessages", counters.coalescedMessages},
      {"coalescedDatagrams", counters.coalescedDatagrams},
      {"truncated", counters.truncated},
      {"overflowed", counters.overflowed},
      {"receiveErrors", counters.receiveErrors},
  };
  napi_value result = nullptr;
  napi_create_object(env, &result);
  for (const auto& field : fields) {
    setProperty(env, result, field.name, toJavaScript(env, static_cast<double>(field.value)));
  }
  setProperty(env, result, "drops", dropsByName(env, counters));
  napi_value lastError = nullptr;
  napi_get_null(env, &lastError);
  if (counters.lastError != 0) lastError = toJavaScript(env, errorName(counters.lastError).c_str());
  setProperty(env, result, "lastError", lastError);
  return result;
}

}  // namespace

void exportUdpSocket(napi_env env, napi_value exports) {
  exportClass(env, exports, "UdpSocket", construct,
              {{"send", send},
               {"flush", flush},
               {"receive", receive},
               {"takeRefused", takeRefused},
               {"steer", steer},
               {"close", close},
               {"fd", fd},
               {"backlog", backlog},
               {"bound", bound},
               {"properties", properties},
               {"statistics", statistics}});
}

}  // namespace dgram
