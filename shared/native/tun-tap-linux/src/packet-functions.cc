#include "packet-functions.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "call-arguments.h"
#include "delivery-rows.h"
#include "javascript-values.h"
#include "memory-sink.h"
#include "segment-joiner.h"
#include "super-packet-cutter.h"

namespace {

constexpr Offloads EVERY_OFFLOAD = {true, true, true, true, true, true, true};

}  // namespace

napi_value completeChecksum(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  DeviceKind kind = DeviceKind::tun;
  ByteSpan arena;
  uint32_t offset = 0;
  uint32_t length = 0;
  if (!call.getKind(0, kind) || !call.getBytes(1, "arena", arena) || !call.getSpan(2, arena, 1, offset, length)) {
    return nullptr;
  }
  PacketLayout layout;
  const bool isKnown = layout.parse(arena.data + offset, length, kind) == PacketShape::transport;
  if (isKnown) layout.completeChecksum(arena.data + offset);
  napi_value result = nullptr;
  napi_get_boolean(env, isKnown, &result);
  return result;
}

napi_value cutSuperPacket(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  DeviceKind kind = DeviceKind::tun;
  ByteSpan arena;
  uint32_t offset = 0;
  uint32_t length = 0;
  uint32_t scratchOffset = 0;
  uint32_t scratchLength = 0;
  int32_t* columns = nullptr;
  uint32_t capacity = 0;
  if (!call.getKind(0, kind) || !call.getBytes(1, "arena", arena) ||
      !call.getSpan(2, arena, sizeof(VirtioHeader), offset, length) ||
      !call.getSpan(4, arena, 0, scratchOffset, scratchLength) ||
      !call.getColumns(6, PacketRows::COLUMN_COUNT, columns, capacity)) {
    return nullptr;
  }
  VirtioHeader header;
  memcpy(&header, arena.data + offset, sizeof header);
  const uint32_t packet = offset + sizeof header;
  PacketRows rows(columns, capacity);
  ScratchRegion scratch(arena.data, scratchOffset, scratchLength);
  SuperPacketCutter cutter;
  if (!cutter.start(header, arena.data + packet, length - sizeof header, packet, kind)) return makeNumber(env, -1);
  cutter.cut(rows, scratch);
  return makeNumber(env, rows.count());
}

napi_value joinSegments(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  DeviceKind kind = DeviceKind::tun;
  bool refusesSuperPackets = false;
  ByteSpan arena;
  int32_t* columns = nullptr;
  uint32_t capacity = 0;
  int64_t count = 0;
  ByteSpan output;
  if (!call.getKind(0, kind) || !call.getBoolean(1, "refusesSuperPackets", refusesSuperPackets) ||
      !call.getBytes(2, "arena", arena) || !call.getColumns(3, DeliveryRows::COLUMN_COUNT, columns, capacity) ||
      !call.getInteger(5, "count", 0, capacity, count) || !call.getBytes(6, "output", output)) {
    return nullptr;
  }
  DeliveryRows rows;
  if (!rows.load(columns, capacity, static_cast<uint32_t>(count), arena)) {
    call.failRange("every row", "a packet of at least one byte inside the arena");
    return nullptr;
  }
  MemorySink sink(output.data, output.length, refusesSuperPackets);
  DeviceStatistics statistics;
  const std::unique_ptr<SegmentJoiner> joiner(
      new (std::nothrow) SegmentJoiner(kind, EVERY_OFFLOAD, sink, statistics));
  if (joiner == nullptr || joiner->write(arena.data, rows) != 0) {
    throwSystemFailure(env, {ENOBUFS, "joinSegments"});
    return nullptr;
  }
  return makeNumber(env, static_cast<double>(sink.used()));
}
