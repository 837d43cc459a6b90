#pragma once

/** What the kernel granted a device: it may hand us super-packets of these kinds, and takes them from us. */
struct Offloads {
  bool virtioHeader = false;
  bool checksum = false;
  bool tcp4 = false;
  bool tcp6 = false;
  bool ecn = false;
  bool udp4 = false;
  bool udp6 = false;
};
