#pragma once

#include <cstdint>

// RFC 9293 §3.1, byte 13 of the header.
constexpr uint8_t TCP_FIN = 0x01;
constexpr uint8_t TCP_PUSH = 0x08;
constexpr uint8_t TCP_ACKNOWLEDGE = 0x10;
constexpr uint8_t TCP_WINDOW_REDUCED = 0x80;
