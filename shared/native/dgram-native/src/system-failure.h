#pragma once

namespace dgram {

// A failed system call: its errno (0 for none) and what was being done, in words.
struct SystemFailure {
  int code = 0;
  const char* operation = "";
};

}  // namespace dgram
