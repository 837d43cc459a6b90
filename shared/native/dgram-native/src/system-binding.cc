#include <net/if.h>

#include <cerrno>
#include <ctime>

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "bindings.h"
#include "javascript-call.h"

namespace dgram {

namespace {

bool cpuHasAes() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
  const unsigned long capabilities = getauxval(AT_HWCAP);
  return (capabilities & HWCAP_AES) != 0 && (capabilities & HWCAP_PMULL) != 0;
#else
  return false;
#endif
}

napi_value hasAes(napi_env env, napi_callback_info) { return toJavaScript(env, cpuHasAes()); }

napi_value monotonicMilliseconds(napi_env env, napi_callback_info) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return toJavaScript(env, static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6);
}

napi_value interfaceIndex(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  const std::string name = call.string(0, "name", IF_NAMESIZE - 1);
  if (call.hasFailed()) return nullptr;
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) return call.systemError({.code = errno, .operation = "find the network interface"});
  return toJavaScript(env, static_cast<double>(index));
}

}  // namespace

void exportSystem(napi_env env, napi_value exports) {
  exportFunction(env, exports, {"cpuHasAes", hasAes});
  exportFunction(env, exports, {"monotonicMilliseconds", monotonicMilliseconds});
  exportFunction(env, exports, {"interfaceIndex", interfaceIndex});
}

}  // namespace dgram
