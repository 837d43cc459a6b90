#pragma once

#include <cstdint>

/**
 * Whether two IP packets of `length` bytes each are TCP or UDP of one flow with equal headers but for what counts them:
 * the same addresses, ports, length, class and life time, and headers of the same size. IPv6 without further headers.
 */
bool areAlike(const uint8_t* packet, const uint8_t* other, uint32_t length);
