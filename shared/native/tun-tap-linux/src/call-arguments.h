#pragma once

#include <node_api.h>

#include <cstdint>

#include "byte-span.h"
#include "device-kind.h"
#include "packet-rows.h"
#include "scratch-region.h"

/**
 * The checked arguments of one call from JavaScript. Every getter returns false after throwing a TypeError (another
 * type) or a RangeError (a number or length out of bounds).
 */
class CallArguments {
 public:
  CallArguments(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value at(size_t index) const { return values_[index]; }

  bool getInteger(size_t index, const char* name, int64_t minimum, int64_t maximum, int64_t& value) const;
  bool getBoolean(size_t index, const char* name, bool& value) const;
  /** A string of fewer than `capacity` bytes, without zero bytes. */
  bool getText(size_t index, const char* name, char* text, size_t capacity) const;
  bool getKind(size_t index, DeviceKind& kind) const;
  /** A Uint8Array that int32 offsets can address. */
  bool getBytes(size_t index, const char* name, ByteSpan& bytes) const;
  /** An Int32Array at `index` and its capacity at the next one, which `columnCount` columns fit. */
  bool getColumns(size_t index, uint32_t columnCount, int32_t*& columns, uint32_t& capacity) const;
  /** An offset at `index` and a length at the next one, within the arena. */
  bool getSpan(size_t index, const ByteSpan& arena, int64_t minimumLength, uint32_t& offset, uint32_t& length) const;

  bool failType(const char* name, const char* expected) const;
  bool failRange(const char* name, const char* expected) const;

 private:
  static constexpr size_t MAXIMUM_ARGUMENTS = 10;

  bool getTypedArray(size_t index, const char* name, napi_typedarray_type type, const char* typeName, void*& data,
                     size_t& length) const;

  napi_env env_;
  napi_value values_[MAXIMUM_ARGUMENTS] = {};
};
