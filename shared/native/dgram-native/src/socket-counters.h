#pragma once

#include <cstddef>
#include <cstdint>

namespace dgram {

// What a socket did since it was opened.
struct SocketCounters {
  static constexpr size_t ERROR_COUNT = 134;

  uint64_t sentDatagrams = 0;
  uint64_t sentBytes = 0;
  uint64_t sendCalls = 0;
  uint64_t segmentedRuns = 0;
  uint64_t segmentedDatagrams = 0;
  uint64_t blocked = 0;
  uint64_t receivedDatagrams = 0;
  uint64_t receivedBytes = 0;
  uint64_t receiveCalls = 0;
  uint64_t coalescedMessages = 0;
  uint64_t coalescedDatagrams = 0;
  uint64_t truncated = 0;
  uint64_t overflowed = 0;
  uint64_t receiveErrors = 0;
  // Datagrams that were not sent, by errno.
  uint64_t drops[ERROR_COUNT] = {};
  // The errno of the latest failure; 0 when nothing failed yet.
  int lastError = 0;

  void countDrops(int error, uint64_t datagrams) {
    const auto index = static_cast<size_t>(error);
    drops[index < ERROR_COUNT ? index : 0] += datagrams;
    lastError = error;
  }
};

}  // namespace dgram
