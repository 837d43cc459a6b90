#include "bindings.h"
#include "cipher-context.h"
#include "column-view.h"
#include "javascript-call.h"
#include "key-table.h"
#include "transmit-rows.h"

namespace dgram {

namespace {

constexpr int64_t MAXIMUM_KEYS = 1 << 20;

napi_value construct(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  if (!call.isConstruction()) return nullptr;
  const int64_t capacity = call.integer(0, "capacity", 1, MAXIMUM_KEYS);
  if (call.hasFailed()) return nullptr;
  auto keys = KeyTable::create(static_cast<size_t>(capacity));
  if (keys == nullptr) return call.systemError({.code = ENOMEM, .operation = "make a table of keys"});
  return call.own(keys.release(), AEAD_TAG);
}

napi_value addKey(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* keys = call.self<KeyTable>();
  const std::string name = call.string(0, "cipher", 64);
  const ByteView key = call.bytes(1, "key");
  if (call.hasFailed()) return nullptr;
  const bool isAes = name == "aes-256-gcm";
  if (!isAes && name != "chacha20-poly1305") {
    return call.rangeError("cipher must be \"aes-256-gcm\" or \"chacha20-poly1305\"");
  }
  if (key.length != KEY_LENGTH) return call.rangeError("key must have 32 bytes");
  auto context = CipherContext::create(isAes ? Cipher::aes256Gcm : Cipher::chacha20Poly1305, key.data);
  if (context == nullptr) return call.systemError({.code = EOPNOTSUPP, .operation = "use the cipher by OpenSSL"});
  const int32_t slot = keys->add(std::move(context));
  if (slot < 0) return call.systemError({.code = ENOSPC, .operation = "add a key: all slots are taken"});
  return toJavaScript(env, static_cast<double>(slot));
}

napi_value removeKey(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* keys = call.self<KeyTable>();
  const int64_t slot = call.integer(0, "slot", 0, MAXIMUM_KEYS);
  if (call.hasFailed()) return nullptr;
  if (!keys->remove(slot)) return call.rangeError("slot holds no key");
  return nullptr;
}

// Opens one row and says whether it could; what is wrong with the row itself is told in `fault`.
bool openRow(const ByteView& arena, const ColumnView& columns, size_t row, const KeyTable& keys, const char*& fault) {
  CipherContext* key = keys.find(columns.get(received::keySlot, row));
  const int32_t offset = columns.get(received::offset, row);
  const int32_t length = columns.get(received::length, row);
  if (!arena.contains(offset, length)) {
    fault = "datagram lies outside the arena";
    return false;
  }
  if (key == nullptr || static_cast<size_t>(length) < SEAL_OVERHEAD) return false;
  const uint64_t nonce = columns.getPair(received::nonceHigh, received::nonceLow, row);
  return key->open(nonce, arena.data + offset, static_cast<size_t>(length));
}

napi_value open(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* keys = call.self<KeyTable>();
  const ByteView arena = call.bytes(0, "arena");
  const ColumnView columns = call.columns(1, received::columnCount);
  const int64_t to = call.integer(4, "to", 0, static_cast<int64_t>(columns.capacity));
  const int64_t from = call.integer(3, "from", 0, to);
  if (call.hasFailed()) return nullptr;
  uint32_t opened = 0;
  for (auto row = static_cast<size_t>(from); row < static_cast<size_t>(to); row++) {
    if (columns.get(received::keySlot, row) == NO_KEY) continue;
    const char* fault = nullptr;
    const bool isOpened = openRow(arena, columns, row, *keys, fault);
    if (fault != nullptr) return call.rangeError("row " + std::to_string(row) + ": " + fault);
    columns.set(received::isOpened, row, isOpened ? 1 : 0);
    opened += isOpened ? 1 : 0;
  }
  return toJavaScript(env, static_cast<double>(opened));
}

napi_value seal(napi_env env, napi_callback_info info) {
  JavaScriptCall call(env, info);
  auto* keys = call.self<KeyTable>();
  const ByteView arena = call.bytes(0, "arena");
  const ColumnView columns = call.columns(1, transmit::columnCount);
  const int64_t to = call.integer(4, "to", 0, static_cast<int64_t>(columns.capacity));
  const int64_t from = call.integer(3, "from", 0, to);
  const ByteView out = call.bytes(5, "out");
  const int64_t outOffset = call.integer(6, "outOffset", 0, static_cast<int64_t>(out.length));
  const int64_t stride = call.integer(7, "stride", 0, INT32_MAX);
  const ColumnView lengths = call.integers(8, "lengths");
  if (call.hasFailed()) return nullptr;
  if (!out.contains(outOffset, (to - from) * stride)) return call.rangeError("the rows do not fit into out");
  if (lengths.length < static_cast<size_t>(to - from)) return call.rangeError("lengths is shorter than the rows");
  const TransmitRows rows(arena, columns, keys, static_cast<size_t>(stride));
  const char* fault = nullptr;
  for (int64_t place = 0; place < to - from; place++) {
    TransmitRow row;
    fault = rows.read(static_cast<size_t>(from + place), row);
    if (fault == nullptr) row.keep();
    if (fault == nullptr && !row.write(out.data + outOffset + place * stride)) fault = "OpenSSL does not seal it";
    if (fault != nullptr) return call.rangeError("row " + std::to_string(from + place) + ": " + fault);
    lengths.set(0, static_cast<size_t>(place), static_cast<int64_t>(row.wireLength()));
  }
  return nullptr;
}

}  // namespace

void exportAead(napi_env env, napi_value exports) {
  exportClass(env, exports, "Aead", construct,
              {{"addKey", addKey}, {"removeKey", removeKey}, {"open", open}, {"seal", seal}});
}

}  // namespace dgram
