#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>

/**
 * The program that finds a packet's queue: it makes the key of the table from the packet's destination, and returns what
 * the table has for it; 0 for what is not there, and for what is no IP packet.
 */
std::array<bpf_insn, 38> steeringProgram(int table);
