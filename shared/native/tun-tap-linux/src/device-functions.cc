#include "device-functions.h"

#include <poll.h>

#include <cerrno>
#include <new>

#include "call-arguments.h"
#include "device-handle.h"
#include "javascript-values.h"

namespace {

constexpr napi_type_tag DEVICE_TAG = {0x6861777365722074, 0x756e2d7461702d31};
constexpr uint32_t MAXIMUM_POLLED = 64;
constexpr int64_t MAXIMUM_MTU = 65535;

void destroyHandle(napi_env, void* data, void*) { delete static_cast<DeviceHandle*>(data); }

DeviceHandle* getHandle(const CallArguments& call, napi_value value) {
  bool isDevice = false;
  void* data = nullptr;
  if (value == nullptr || napi_check_object_type_tag(call.env(), value, &DEVICE_TAG, &isDevice) != napi_ok ||
      !isDevice || napi_unwrap(call.env(), value, &data) != napi_ok) {
    call.failType("device", "an open device");
    return nullptr;
  }
  return static_cast<DeviceHandle*>(data);
}

napi_value describeOffloads(napi_env env, const Offloads& offloads) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  setBoolean(env, object, "virtioHeader", offloads.virtioHeader);
  setBoolean(env, object, "checksum", offloads.checksum);
  setBoolean(env, object, "tcp4", offloads.tcp4);
  setBoolean(env, object, "tcp6", offloads.tcp6);
  setBoolean(env, object, "ecn", offloads.ecn);
  setBoolean(env, object, "udp4", offloads.udp4);
  setBoolean(env, object, "udp6", offloads.udp6);
  return object;
}

napi_value wrapDevice(napi_env env, std::unique_ptr<TunDevice> device) {
  const TunDevice& opened = *device;
  DeviceHandle* handle = new (std::nothrow) DeviceHandle{std::move(device), {}};
  if (handle == nullptr) {
    throwSystemFailure(env, {ENOMEM, "open"});
    return nullptr;
  }
  napi_value object = nullptr;
  napi_create_object(env, &object);
  if (napi_wrap(env, object, handle, destroyHandle, nullptr, nullptr) != napi_ok) {
    delete handle;
    return nullptr;
  }
  napi_type_tag_object(env, object, &DEVICE_TAG);
  setText(env, object, "name", opened.name());
  setNumber(env, object, "fd", opened.descriptor());
  napi_set_named_property(env, object, "offloads", describeOffloads(env, opened.offloads()));
  return object;
}

napi_value finishSetting(napi_env env, const SystemFailure& failure) {
  if (failure) throwSystemFailure(env, failure);
  return nullptr;
}

bool getPolled(const CallArguments& call, napi_value devices, pollfd* polled, uint32_t& count) {
  bool isArray = false;
  if (devices == nullptr || napi_is_array(call.env(), devices, &isArray) != napi_ok || !isArray) {
    return call.failType("devices", "an array");
  }
  napi_get_array_length(call.env(), devices, &count);
  if (count > MAXIMUM_POLLED) return call.failRange("devices", "at most 64");
  for (uint32_t index = 0; index < count; ++index) {
    napi_value element = nullptr;
    napi_get_element(call.env(), devices, index, &element);
    const DeviceHandle* handle = getOpenDevice(call, element, "poll");
    if (handle == nullptr) return false;
    polled[index] = {handle->device->descriptor(), POLLIN, 0};
  }
  return true;
}

}  // namespace

DeviceHandle* getOpenDevice(const CallArguments& call, napi_value value, const char* operation) {
  DeviceHandle* handle = getHandle(call, value);
  if (handle == nullptr || handle->device->isOpen()) return handle;
  throwSystemFailure(call.env(), {EBADF, operation});
  return nullptr;
}

napi_value openDevice(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  TunDevice::Options options;
  int64_t mtu = 0;
  if (!call.getText(0, "name", options.name.data(), options.name.size()) || !call.getKind(1, options.kind) ||
      !call.getInteger(2, "mtu", 0, MAXIMUM_MTU, mtu) || !call.getBoolean(3, "multiQueue", options.isMultiQueue) ||
      !call.getBoolean(4, "offload", options.mayOffload)) {
    return nullptr;
  }
  options.mtu = static_cast<int32_t>(mtu);
  SystemFailure failure;
  std::unique_ptr<TunDevice> device = TunDevice::open(options, failure);
  if (failure) return finishSetting(env, failure);
  return wrapDevice(env, std::move(device));
}

napi_value closeDevice(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  DeviceHandle* handle = getHandle(call, call.at(0));
  if (handle != nullptr) handle->device->close();
  return nullptr;
}

napi_value readDevice(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  ByteSpan arena;
  uint32_t offset = 0;
  uint32_t length = 0;
  int32_t* columns = nullptr;
  uint32_t capacity = 0;
  DeviceHandle* handle = getOpenDevice(call, call.at(0), "read");
  if (handle == nullptr || !call.getBytes(1, "arena", arena) ||
      !call.getSpan(2, arena, TunDevice::MINIMUM_SCRATCH, offset, length) ||
      !call.getColumns(4, PacketRows::COLUMN_COUNT, columns, capacity)) {
    return nullptr;
  }
  PacketRows rows(columns, capacity);
  ScratchRegion scratch(arena.data, offset, length);
  const int error = handle->device->read(rows, scratch);
  if (error != 0 && rows.count() == 0) return finishSetting(env, {error, "read"});
  return makeNumber(env, rows.count());
}

napi_value writeDevice(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  ByteSpan arena;
  int32_t* columns = nullptr;
  uint32_t capacity = 0;
  int64_t count = 0;
  DeviceHandle* handle = getOpenDevice(call, call.at(0), "write");
  if (handle == nullptr || !call.getBytes(1, "arena", arena) ||
      !call.getColumns(2, DeliveryRows::COLUMN_COUNT, columns, capacity) ||
      !call.getInteger(4, "count", 0, capacity, count)) {
    return nullptr;
  }
  if (!handle->rows.load(columns, capacity, static_cast<uint32_t>(count), arena)) {
    call.failRange("every row", "a packet of at least one byte inside the arena");
    return nullptr;
  }
  return makeNumber(env, handle->device->write(arena.data, handle->rows));
}

napi_value waitReadable(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  pollfd polled[MAXIMUM_POLLED];
  uint32_t count = 0;
  int64_t timeout = 0;
  if (!getPolled(call, call.at(0), polled, count) || !call.getInteger(1, "timeout", -1, INT32_MAX, timeout)) {
    return nullptr;
  }
  const int ready = poll(polled, count, static_cast<int>(timeout));
  if (ready < 0 && errno != EINTR) return finishSetting(env, {errno, "poll"});
  napi_value result = nullptr;
  napi_get_boolean(env, ready > 0, &result);
  return result;
}

napi_value setMtu(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  int64_t bytes = 0;
  const DeviceHandle* handle = getOpenDevice(call, call.at(0), "SIOCSIFMTU");
  if (handle == nullptr || !call.getInteger(1, "mtu", 1, MAXIMUM_MTU, bytes)) return nullptr;
  return finishSetting(env, handle->device->interface().setMtu(static_cast<int32_t>(bytes)));
}

napi_value setTransmitQueueLength(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  int64_t packets = 0;
  const DeviceHandle* handle = getOpenDevice(call, call.at(0), "SIOCSIFTXQLEN");
  if (handle == nullptr || !call.getInteger(1, "packets", 0, INT32_MAX, packets)) return nullptr;
  return finishSetting(env, handle->device->interface().setTransmitQueueLength(static_cast<int32_t>(packets)));
}

napi_value setUp(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  const DeviceHandle* handle = getOpenDevice(call, call.at(0), "SIOCSIFFLAGS");
  if (handle == nullptr) return nullptr;
  return finishSetting(env, handle->device->interface().setUp());
}

napi_value readStatistics(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  const DeviceHandle* handle = getHandle(call, call.at(0));
  if (handle == nullptr) return nullptr;
  const DeviceStatistics& statistics = handle->device->statistics();
  napi_value object = nullptr;
  napi_create_object(env, &object);
  setNumber(env, object, "reads", static_cast<double>(statistics.reads));
  setNumber(env, object, "superPacketsRead", static_cast<double>(statistics.superPacketsRead));
  setNumber(env, object, "segmentsCut", static_cast<double>(statistics.segmentsCut));
  setNumber(env, object, "readErrors", static_cast<double>(statistics.readErrors));
  setNumber(env, object, "unsupportedReads", static_cast<double>(statistics.unsupportedReads));
  setNumber(env, object, "writes", static_cast<double>(statistics.writes));
  setNumber(env, object, "superPacketsWritten", static_cast<double>(statistics.superPacketsWritten));
  setNumber(env, object, "segmentsJoined", static_cast<double>(statistics.segmentsJoined));
  setNumber(env, object, "superPacketFallbacks", static_cast<double>(statistics.superPacketFallbacks));
  setNumber(env, object, "writeErrors", static_cast<double>(statistics.writeErrors));
  setNumber(env, object, "malformedPackets", static_cast<double>(statistics.malformedPackets));
  return object;
}
