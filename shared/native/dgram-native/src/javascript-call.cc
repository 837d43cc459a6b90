#include "javascript-call.h"

#include <cmath>
#include <cstring>

namespace dgram {

JavaScriptCall::JavaScriptCall(napi_env env, napi_callback_info info) : env_(env), info_(info) {
  hasFailed_ = napi_get_cb_info(env, info, &count_, arguments_, &receiver_, nullptr) != napi_ok;
}

double JavaScriptCall::number(size_t index, const char* name) {
  double value = 0;
  if (hasFailed_) return value;
  napi_value given = argument(index);
  if (given == nullptr || napi_get_value_double(env_, given, &value) != napi_ok) {
    typeError(std::string(name) + " must be a number");
  } else if (std::isnan(value)) {
    rangeError(std::string(name) + " is not a number");
  }
  return hasFailed_ ? 0 : value;
}

int64_t JavaScriptCall::integer(size_t index, const char* name, int64_t minimum, int64_t maximum) {
  const double value = number(index, name);
  if (hasFailed_) return minimum;
  if (value >= static_cast<double>(minimum) && value <= static_cast<double>(maximum) && value == std::floor(value)) {
    return static_cast<int64_t>(value);
  }
  rangeError(std::string(name) + " must be a whole number from " + std::to_string(minimum) + " to " +
             std::to_string(maximum));
  return minimum;
}

bool JavaScriptCall::boolean(size_t index, const char* name) {
  bool value = false;
  if (hasFailed_) return value;
  napi_value given = argument(index);
  if (given == nullptr || napi_get_value_bool(env_, given, &value) != napi_ok) {
    typeError(std::string(name) + " must be a boolean");
  }
  return value;
}

std::string JavaScriptCall::string(size_t index, const char* name, size_t maximumLength) {
  std::string value;
  if (hasFailed_) return value;
  napi_value given = argument(index);
  size_t length = 0;
  if (given == nullptr || napi_get_value_string_utf8(env_, given, nullptr, 0, &length) != napi_ok) {
    typeError(std::string(name) + " must be a string");
  } else if (length > maximumLength) {
    rangeError(std::string(name) + " is longer than " + std::to_string(maximumLength) + " bytes");
  } else {
    value.resize(length + 1);
    napi_get_value_string_utf8(env_, given, value.data(), value.size(), &length);
    value.resize(length);
  }
  return value;
}

ByteView JavaScriptCall::bytes(size_t index, const char* name) {
  ByteView view;
  view.data = static_cast<uint8_t*>(array(index, name, napi_uint8_array, "Uint8Array", view.length));
  return view;
}

ColumnView JavaScriptCall::integers(size_t index, const char* name) {
  ColumnView view;
  view.data = static_cast<int32_t*>(array(index, name, napi_int32_array, "Int32Array", view.length));
  return view;
}

ColumnView JavaScriptCall::columns(size_t index, size_t columnCount) {
  ColumnView view = integers(index, "columns");
  view.capacity = static_cast<size_t>(integer(index + 1, "capacity", 0, INT32_MAX));
  if (!hasFailed_ && !view.holds(columnCount)) {
    rangeError("columns has fewer than " + std::to_string(columnCount) + " times capacity elements");
  }
  return view;
}

bool JavaScriptCall::isNullish(size_t index) {
  if (hasFailed_ || argument(index) == nullptr) return true;
  napi_valuetype type = napi_undefined;
  napi_typeof(env_, argument(index), &type);
  return type == napi_undefined || type == napi_null;
}

bool JavaScriptCall::isConstruction() {
  napi_value target = nullptr;
  napi_get_new_target(env_, info_, &target);
  if (target == nullptr) typeError("a class must be called with new");
  return !hasFailed_;
}

napi_value JavaScriptCall::rangeError(const std::string& message) {
  if (!hasFailed_) napi_throw_range_error(env_, "ERR_OUT_OF_RANGE", message.c_str());
  hasFailed_ = true;
  return nullptr;
}

napi_value JavaScriptCall::typeError(const std::string& message) {
  if (!hasFailed_) napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message.c_str());
  hasFailed_ = true;
  return nullptr;
}

napi_value JavaScriptCall::systemError(const SystemFailure& failure) {
  const std::string code = errorName(failure.code);
  const std::string message = std::string(failure.operation) + ": " + code + " (" + strerror(failure.code) + ")";
  napi_value error = nullptr;
  napi_create_error(env_, toJavaScript(env_, code.c_str()), toJavaScript(env_, message.c_str()), &error);
  if (error == nullptr) return nullptr;
  setProperty(env_, error, "errno", toJavaScript(env_, static_cast<double>(failure.code)));
  setProperty(env_, error, "operation", toJavaScript(env_, failure.operation));
  if (!hasFailed_) napi_throw(env_, error);
  hasFailed_ = true;
  return nullptr;
}

void* JavaScriptCall::unwrapReceiver() {
  void* native = nullptr;
  if (hasFailed_) return nullptr;
  if (napi_unwrap(env_, receiver_, &native) != napi_ok || native == nullptr) {
    typeError("called on an object that was never constructed");
    return nullptr;
  }
  return native;
}

void* JavaScriptCall::unwrap(size_t index, const char* name, const napi_type_tag& tag) {
  void* native = nullptr;
  bool hasTag = false;
  if (hasFailed_) return nullptr;
  napi_value given = argument(index);
  if (given != nullptr && napi_check_object_type_tag(env_, given, &tag, &hasTag) == napi_ok && hasTag) {
    napi_unwrap(env_, given, &native);
  }
  if (native == nullptr) typeError(std::string(name) + " is of the wrong class");
  return native;
}

napi_value JavaScriptCall::wrap(void* native, const napi_type_tag& tag, napi_finalize finalizer) {
  if (napi_wrap(env_, receiver_, native, finalizer, nullptr, nullptr) != napi_ok) {
    finalizer(env_, native, nullptr);
    return typeError("the object has a native part already");
  }
  return napi_type_tag_object(env_, receiver_, &tag) == napi_ok ? receiver_ : nullptr;
}

void* JavaScriptCall::array(size_t index, const char* name, napi_typedarray_type type, const char* typeName,
                            size_t& length) {
  void* data = nullptr;
  length = 0;
  if (hasFailed_) return nullptr;
  napi_value given = argument(index);
  bool isTypedArray = false;
  napi_typedarray_type givenType = napi_int8_array;
  if (given != nullptr && napi_is_typedarray(env_, given, &isTypedArray) == napi_ok && isTypedArray) {
    napi_get_typedarray_info(env_, given, &givenType, &length, &data, nullptr, nullptr);
  }
  if (!isTypedArray || givenType != type) {
    typeError(std::string(name) + " must be a " + typeName);
    length = 0;
    return nullptr;
  }
  if (data == nullptr) length = 0;
  return data;
}

napi_value toJavaScript(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value toJavaScript(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value toJavaScript(napi_env env, const char* value) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  if (object != nullptr && value != nullptr) napi_set_named_property(env, object, name, value);
}

std::string errorName(int code) {
  const char* name = strerrorname_np(code);
  return name == nullptr ? "errno " + std::to_string(code) : name;
}

}  // namespace dgram
