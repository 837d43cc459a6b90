#include "call-arguments.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

// A batch of more rows is a mistake, and its columns would take longer than any deadline.
constexpr int64_t MAXIMUM_ROWS = 1 << 20;

bool isType(napi_env env, napi_value value, napi_valuetype expected) {
  napi_valuetype type = napi_undefined;
  return value != nullptr && napi_typeof(env, value, &type) == napi_ok && type == expected;
}

}  // namespace

CallArguments::CallArguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = MAXIMUM_ARGUMENTS;
  napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
}

bool CallArguments::failType(const char* name, const char* expected) const {
  char message[128];
  snprintf(message, sizeof message, "%s must be %s", name, expected);
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

bool CallArguments::failRange(const char* name, const char* expected) const {
  char message[128];
  snprintf(message, sizeof message, "%s must be %s", name, expected);
  napi_throw_range_error(env_, "ERR_OUT_OF_RANGE", message);
  return false;
}

bool CallArguments::getInteger(size_t index, const char* name, int64_t minimum, int64_t maximum,
                               int64_t& value) const {
  double number = 0;
  if (!isType(env_, at(index), napi_number)) return failType(name, "a number");
  napi_get_value_double(env_, at(index), &number);
  const bool isInRange = number >= static_cast<double>(minimum) && number <= static_cast<double>(maximum);
  if (!isInRange || std::trunc(number) != number) {
    char expected[80];
    snprintf(expected, sizeof expected, "an integer from %lld to %lld", static_cast<long long>(minimum),
             static_cast<long long>(maximum));
    return failRange(name, expected);
  }
  value = static_cast<int64_t>(number);
  return true;
}

bool CallArguments::getBoolean(size_t index, const char* name, bool& value) const {
  if (!isType(env_, at(index), napi_boolean)) return failType(name, "a boolean");
  return napi_get_value_bool(env_, at(index), &value) == napi_ok;
}

bool CallArguments::getText(size_t index, const char* name, char* text, size_t capacity) const {
  if (!isType(env_, at(index), napi_string)) return failType(name, "a string");
  size_t length = 0;
  size_t copied = 0;
  napi_get_value_string_utf8(env_, at(index), nullptr, 0, &length);
  if (length >= capacity) return failRange(name, "shorter");
  napi_get_value_string_utf8(env_, at(index), text, capacity, &copied);
  return strlen(text) == length || failRange(name, "free of zero bytes");
}

bool CallArguments::getKind(size_t index, DeviceKind& kind) const {
  char text[4] = {};
  if (!getText(index, "kind", text, sizeof text)) return false;
  if (strcmp(text, "tun") != 0 && strcmp(text, "tap") != 0) return failRange("kind", "\"tun\" or \"tap\"");
  kind = text[1] == 'u' ? DeviceKind::tun : DeviceKind::tap;
  return true;
}

bool CallArguments::getBytes(size_t index, const char* name, ByteSpan& bytes) const {
  void* data = nullptr;
  if (!getTypedArray(index, name, napi_uint8_array, "a Uint8Array", data, bytes.length)) return false;
  bytes.data = static_cast<uint8_t*>(data);
  return bytes.length <= INT32_MAX || failRange(name, "shorter than 2^31 bytes");
}

bool CallArguments::getColumns(size_t index, uint32_t columnCount, int32_t*& columns, uint32_t& capacity) const {
  void* data = nullptr;
  size_t length = 0;
  int64_t rows = 0;
  if (!getTypedArray(index, "columns", napi_int32_array, "an Int32Array", data, length)) return false;
  if (!getInteger(index + 1, "capacity", 1, MAXIMUM_ROWS, rows)) return false;
  if (length < static_cast<size_t>(rows) * columnCount) return failRange("columns", "as long as all rows");
  columns = static_cast<int32_t*>(data);
  capacity = static_cast<uint32_t>(rows);
  return true;
}

bool CallArguments::getSpan(size_t index, const ByteSpan& arena, int64_t minimumLength, uint32_t& offset,
                            uint32_t& length) const {
  const int64_t size = static_cast<int64_t>(arena.length);
  int64_t start = 0;
  int64_t extent = 0;
  if (!getInteger(index, "offset", 0, size, start)) return false;
  if (size - start < minimumLength) return failRange("offset", "followed by enough bytes");
  if (!getInteger(index + 1, "length", minimumLength, size - start, extent)) return false;
  offset = static_cast<uint32_t>(start);
  length = static_cast<uint32_t>(extent);
  return true;
}

bool CallArguments::getTypedArray(size_t index, const char* name, napi_typedarray_type type, const char* typeName,
                                  void*& data, size_t& length) const {
  bool isTypedArray = false;
  napi_typedarray_type actual = napi_int8_array;
  if (at(index) == nullptr || napi_is_typedarray(env_, at(index), &isTypedArray) != napi_ok || !isTypedArray) {
    return failType(name, typeName);
  }
  if (napi_get_typedarray_info(env_, at(index), &actual, &length, &data, nullptr, nullptr) != napi_ok ||
      actual != type) {
    return failType(name, typeName);
  }
  return true;
}
