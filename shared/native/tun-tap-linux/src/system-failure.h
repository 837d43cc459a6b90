#pragma once

/** A failed system call: the errno and what was being done, or code 0 when nothing failed. */
struct SystemFailure {
  int code = 0;
  const char* operation = "";

  explicit operator bool() const { return code != 0; }
};
