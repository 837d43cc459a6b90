#pragma once

#include <unistd.h>

/** Owns a file descriptor and closes it. */
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int value) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      close();
      value_ = other.release();
    }
    return *this;
  }
  ~FileDescriptor() { close(); }

  int value() const { return value_; }
  bool isOpen() const { return value_ >= 0; }

  void close() {
    const int value = release();
    if (value >= 0) ::close(value);
  }

 private:
  int release() {
    const int value = value_;
    value_ = -1;
    return value;
  }

  int value_ = -1;
};
