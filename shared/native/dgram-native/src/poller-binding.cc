#include <sys/prctl.h>

#include <algorithm>

#include "bindings.h"
#include "javascript-call.h"
#include "poller.h"
#include "wake-registry.h"

namespace dgram {

namespace {

constexpr int64_t GREATEST_TIMER_SLACK = 1'000'000'000;
// Added to a count of descriptors, which is far less.
constexpr double WAS_WOKEN = 1 << 30;

Poller* openPoller(JavaScriptCall& call, const char* operation) {
  auto* poller = call.self<Poller>();
  if (poller == nullptr || poller->isOpen()) return poller;
  call.systemError({.code = EBADF, .operation = operation});
  return nullptr;
}

napi_value construct(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  if (!call.isConstruction()) return nullptr;
  const int64_t slack = call.integer(0, "timerSlackNanoseconds", 0, GREATEST_TIMER_SLACK);
  if (call.hasFailed()) return nullptr;
  SystemFailure failure;
  auto poller = Poller::open(failure);
  if (poller == nullptr) return call.systemError(failure);
  // Zero would mean the thread's default of 50 µs to prctl(2); here it means: leave it.
  if (slack > 0) prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack), 0, 0, 0);
  return call.own(poller.release(), POLLER_TAG);
}

napi_value set(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  Poller* poller = openPoller(call, "set a descriptor to poll");
  const int64_t descriptor = call.integer(0, "fd", 0, INT32_MAX);
  const bool isReadable = call.boolean(1, "readable");
  const bool isWritable = call.boolean(2, "writable");
  if (!call.hasFailed()) poller->set(static_cast<int>(descriptor), isReadable, isWritable);
  return nullptr;
}

napi_value remove(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  Poller* poller = openPoller(call, "remove a descriptor to poll");
  const int64_t descriptor = call.integer(0, "fd", -1, INT32_MAX);
  if (call.hasFailed()) return nullptr;
  return toJavaScript(env, poller->remove(static_cast<int>(descriptor)));
}

napi_value wait(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  Poller* poller = openPoller(call, "poll");
  const double timeout = call.number(0, "timeout");
  const ColumnView descriptors = call.integers(1, "readyFds");
  const ColumnView masks = call.integers(2, "readyMasks");
  if (call.hasFailed()) return nullptr;
  SystemFailure failure;
  if (!poller->wait(timeout, failure)) return call.systemError(failure);
  const size_t room = std::min(descriptors.length, masks.length);
  size_t count = 0;
  int descriptor = -1;
  int mask = 0;
  while (count < room && poller->takeReady(descriptor, mask)) {
    descriptors.set(0, count, descriptor);
    masks.set(0, count, mask);
    count++;
  }
  return toJavaScript(env, static_cast<double>(count) + (poller->wasWoken() ? WAS_WOKEN : 0));
}

napi_value close(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* poller = call.self<Poller>();
  if (poller != nullptr) poller->close();
  return nullptr;
}

napi_value wakeFd(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* poller = call.self<Poller>();
  return poller == nullptr ? nullptr : toJavaScript(env, static_cast<double>(poller->wakeDescriptor()));
}

napi_value wake(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  const int64_t descriptor = call.integer(0, "fd", -1, INT32_MAX);
  if (call.hasFailed()) return nullptr;
  return toJavaScript(env, WakeRegistry::instance().wake(static_cast<int>(descriptor)));
}

}  // namespace

void exportPoller(napi_env env, napi_value exports) {
  exportClass(env, exports, "Poller", construct,
              {{"set", set}, {"remove", remove}, {"wait", wait}, {"close", close}, {"wakeFd", wakeFd}});
  exportFunction(env, exports, {"wake", wake});
}

}  // namespace dgram
