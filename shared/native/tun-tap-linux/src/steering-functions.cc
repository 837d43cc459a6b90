#include "steering-functions.h"

#include <cerrno>

#include "call-arguments.h"
#include "device-handle.h"
#include "javascript-values.h"
#include "queue-steering.h"

namespace {

constexpr napi_type_tag STEERING_TAG = {0x6861777365722074, 0x756e2d7461702d32};
constexpr int64_t GREATEST_CAPACITY = 1 << 24;
constexpr int64_t GREATEST_QUEUE = 255;

void destroySteering(napi_env, void* data, void*) { delete static_cast<QueueSteering*>(data); }

napi_value finish(napi_env env, const SystemFailure& failure) {
  if (failure) throwSystemFailure(env, failure);
  return nullptr;
}

QueueSteering* getSteering(const CallArguments& call, size_t index) {
  bool isSteering = false;
  void* data = nullptr;
  if (call.at(index) == nullptr ||
      napi_check_object_type_tag(call.env(), call.at(index), &STEERING_TAG, &isSteering) != napi_ok || !isSteering ||
      napi_unwrap(call.env(), call.at(index), &data) != napi_ok) {
    call.failType("steering", "made by createSteering or shareSteering");
    return nullptr;
  }
  return static_cast<QueueSteering*>(data);
}

QueueSteering* getOpenSteering(const CallArguments& call, size_t index, const char* operation) {
  QueueSteering* steering = getSteering(call, index);
  if (steering == nullptr || steering->isOpen()) return steering;
  throwSystemFailure(call.env(), {EBADF, operation});
  return nullptr;
}

// An address of 4 or 16 bytes at `index` and its prefix length at the next one.
bool getNetwork(const CallArguments& call, size_t index, SteeredNetwork& network) {
  ByteSpan address;
  int64_t prefixLength = 0;
  if (!call.getBytes(index, "address", address)) return false;
  if (address.length != 4 && address.length != 16) return call.failRange("address", "of 4 or 16 bytes");
  if (!call.getInteger(index + 1, "prefixLength", 0, static_cast<int64_t>(address.length) * 8, prefixLength)) return false;
  const auto bits = static_cast<uint32_t>(prefixLength);
  network = address.length == 4 ? SteeredNetwork::of4(address.data, bits) : SteeredNetwork::of6(address.data, bits);
  return true;
}

napi_value wrapSteering(napi_env env, std::unique_ptr<QueueSteering> steering, const SystemFailure& failure) {
  if (steering == nullptr) return finish(env, failure ? failure : SystemFailure{ENOMEM, "steering"});
  napi_value object = nullptr;
  napi_create_object(env, &object);
  if (napi_wrap(env, object, steering.get(), destroySteering, nullptr, nullptr) != napi_ok) return nullptr;
  setNumber(env, object, "descriptor", steering.release()->descriptor());
  napi_type_tag_object(env, object, &STEERING_TAG);
  return object;
}

}  // namespace

napi_value createSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  int64_t capacity = 0;
  if (!call.getInteger(0, "capacity", 1, GREATEST_CAPACITY, capacity)) return nullptr;
  SystemFailure failure;
  auto steering = QueueSteering::create(static_cast<uint32_t>(capacity), failure);
  return wrapSteering(env, std::move(steering), failure);
}

napi_value shareSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  int64_t descriptor = 0;
  if (!call.getInteger(0, "descriptor", 0, INT32_MAX, descriptor)) return nullptr;
  SystemFailure failure;
  auto steering = QueueSteering::share(static_cast<int>(descriptor), failure);
  return wrapSteering(env, std::move(steering), failure);
}

napi_value setSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  SteeredNetwork network;
  int64_t queue = 0;
  QueueSteering* steering = getOpenSteering(call, 0, "BPF_MAP_UPDATE_ELEM");
  if (steering == nullptr || !getNetwork(call, 1, network) || !call.getInteger(3, "queue", 0, GREATEST_QUEUE, queue)) {
    return nullptr;
  }
  return finish(env, steering->set(network, static_cast<uint32_t>(queue)));
}

napi_value removeSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  SteeredNetwork network;
  QueueSteering* steering = getOpenSteering(call, 0, "BPF_MAP_DELETE_ELEM");
  if (steering == nullptr || !getNetwork(call, 1, network)) return nullptr;
  const SystemFailure failure = steering->remove(network);
  if (failure && failure.code != ENOENT) return finish(env, failure);
  napi_value wasThere = nullptr;
  napi_get_boolean(env, !failure, &wasThere);
  return wasThere;
}

napi_value attachSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  const DeviceHandle* device = getOpenDevice(call, call.at(0), "TUNSETSTEERINGEBPF");
  if (device == nullptr) return nullptr;
  const QueueSteering* steering = getOpenSteering(call, 1, "TUNSETSTEERINGEBPF");
  return steering == nullptr ? nullptr : finish(env, steering->attach(device->device->descriptor()));
}

napi_value closeSteering(napi_env env, napi_callback_info info) {
  const CallArguments call(env, info);
  QueueSteering* steering = getSteering(call, 0);
  if (steering != nullptr) steering->close();
  return nullptr;
}
