#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "byte-view.h"
#include "column-view.h"
#include "system-failure.h"

namespace dgram {

// One call from JavaScript: its receiver and its arguments, checked as they are read. The first wrong one throws
// TypeError or RangeError; after that `hasFailed` is true and every further read gives nothing.
class JavaScriptCall {
 public:
  static constexpr size_t MAXIMUM_ARGUMENTS = 10;

  JavaScriptCall(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value receiver() const { return receiver_; }
  bool hasFailed() const { return hasFailed_; }

  // A whole number in [minimum, maximum].
  int64_t integer(size_t index, const char* name, int64_t minimum, int64_t maximum);
  // Any number but NaN.
  double number(size_t index, const char* name);
  bool boolean(size_t index, const char* name);
  std::string string(size_t index, const char* name, size_t maximumLength);
  // A Uint8Array (or Buffer); one whose memory was detached is empty.
  ByteView bytes(size_t index, const char* name);
  // An Int32Array with no capacity set.
  ColumnView integers(size_t index, const char* name);
  // An Int32Array of `columnCount` columns, and the capacity of each in the argument after it.
  ColumnView columns(size_t index, size_t columnCount);
  bool isNullish(size_t index);

  // The native object behind the receiver.
  template <typename T>
  T* self() {
    return static_cast<T*>(unwrapReceiver());
  }
  // The native object behind an argument that was made by a constructor with this tag.
  template <typename T>
  T* object(size_t index, const char* name, const napi_type_tag& tag) {
    return static_cast<T*>(unwrap(index, name, tag));
  }
  // Gives the object under construction its native one, which is deleted with it.
  template <typename T>
  napi_value own(T* native, const napi_type_tag& tag) {
    return wrap(native, tag, [](napi_env, void* data, void*) { delete static_cast<T*>(data); });
  }
  // Throws TypeError unless the function was called with `new`.
  bool isConstruction();

  // These throw, and return null for the caller to return.
  napi_value rangeError(const std::string& message);
  napi_value typeError(const std::string& message);
  // An Error with `code`, `errno`, `operation`.
  napi_value systemError(const SystemFailure& failure);

 private:
  napi_value argument(size_t index) { return index < count_ ? arguments_[index] : nullptr; }
  void* unwrapReceiver();
  void* unwrap(size_t index, const char* name, const napi_type_tag& tag);
  napi_value wrap(void* native, const napi_type_tag& tag, napi_finalize finalizer);
  void* array(size_t index, const char* name, napi_typedarray_type type, const char* typeName, size_t& length);

  napi_env env_;
  napi_callback_info info_;
  napi_value receiver_ = nullptr;
  size_t count_ = MAXIMUM_ARGUMENTS;
  napi_value arguments_[MAXIMUM_ARGUMENTS];
  bool hasFailed_ = false;
};

// Values for JavaScript; null when the environment is shutting down.
napi_value toJavaScript(napi_env env, double value);
napi_value toJavaScript(napi_env env, bool value);
napi_value toJavaScript(napi_env env, const char* value);
void setProperty(napi_env env, napi_value object, const char* name, napi_value value);

// "ECONNREFUSED" for its number.
std::string errorName(int code);

}  // namespace dgram
