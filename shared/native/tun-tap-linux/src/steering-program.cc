#include "steering-program.h"

namespace {

// Registers: r0 is what helpers return, r1 to r5 their arguments, r6 to r9 survive them, r10 is the end of the stack.
enum Register : uint8_t { R0, R1, R2, R3, R4, R5, R6, R7, STACK = 10 };

// The stack: the packet's first byte, and the key of the table: prefix length, address.
constexpr int16_t FIRST_BYTE = -24;
constexpr int16_t KEY = -20;
constexpr int16_t ADDRESS = KEY + 4;

constexpr int DESTINATION_4 = 16;
constexpr int DESTINATION_6 = 24;

constexpr bpf_insn instruction(int code, int to, int from, int16_t offset, int32_t value) {
  bpf_insn made = {};
  made.code = static_cast<uint8_t>(code);
  made.dst_reg = static_cast<uint8_t>(to) & 0xf;
  made.src_reg = static_cast<uint8_t>(from) & 0xf;
  made.off = offset;
  made.imm = value;
  return made;
}

constexpr bpf_insn setValue(Register to, int32_t value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn setRegister(Register to, Register from) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
constexpr bpf_insn add(Register to, int32_t value) { return instruction(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
constexpr bpf_insn store(int size, int16_t offset, int32_t value) {
  return instruction(BPF_ST | BPF_MEM | size, STACK, 0, offset, value);
}
constexpr bpf_insn load(int size, Register to, Register from, int16_t offset) {
  return instruction(BPF_LDX | BPF_MEM | size, to, from, offset, 0);
}
constexpr bpf_insn jump(int condition, Register left, int32_t right, int16_t over) {
  return instruction(BPF_JMP | condition | BPF_K, left, 0, over, right);
}
constexpr bpf_insn call(int helper) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }

}  // namespace

std::array<bpf_insn, 38> steeringProgram(int table) {
  bpf_insn tableAddress = instruction(BPF_LD | BPF_DW | BPF_IMM, R1, BPF_PSEUDO_MAP_FD, 0, table);
  return {{
      // The IP version. Offsets count from the network header, so that TAP devices are served too.
      /*  0 */ setRegister(R6, R1),
      /*  1 */ setValue(R2, 0),
      /*  2 */ setRegister(R3, STACK),
      /*  3 */ add(R3, FIRST_BYTE),
      /*  4 */ setValue(R4, 1),
      /*  5 */ setValue(R5, BPF_HDR_START_NET),
      /*  6 */ call(BPF_FUNC_skb_load_bytes_relative),
      /*  7 */ jump(BPF_JNE, R0, 0, 28),
      /*  8 */ load(BPF_B, R7, STACK, FIRST_BYTE),
      /*  9 */ instruction(BPF_ALU64 | BPF_RSH | BPF_K, R7, 0, 0, 4),
      // The key: the destination with all its bits.
      /* 10 */ store(BPF_W, KEY, 128),
      /* 11 */ setRegister(R1, R6),
      /* 12 */ setRegister(R3, STACK),
      /* 13 */ setValue(R5, BPF_HDR_START_NET),
      /* 14 */ jump(BPF_JEQ, R7, 6, 8),
      /* 15 */ jump(BPF_JNE, R7, 4, 20),
      // IPv4: ::ffff:0:0 before it.
      /* 16 */ store(BPF_DW, ADDRESS, 0),
      /* 17 */ store(BPF_H, ADDRESS + 8, 0),
      /* 18 */ store(BPF_H, ADDRESS + 10, 0xffff),
      /* 19 */ setValue(R2, DESTINATION_4),
      /* 20 */ add(R3, ADDRESS + 12),
      /* 21 */ setValue(R4, 4),
      /* 22 */ jump(BPF_JA, R0, 0, 3),
      // IPv6.
      /* 23 */ setValue(R2, DESTINATION_6),
      /* 24 */ add(R3, ADDRESS),
      /* 25 */ setValue(R4, 16),
      /* 26 */ call(BPF_FUNC_skb_load_bytes_relative),
      /* 27 */ jump(BPF_JNE, R0, 0, 8),
      // The look-up; the address of the table takes two places.
      /* 28 */ tableAddress,
      /* 29 */ bpf_insn{},
      /* 30 */ setRegister(R2, STACK),
      /* 31 */ add(R2, KEY),
      /* 32 */ call(BPF_FUNC_map_lookup_elem),
      /* 33 */ jump(BPF_JEQ, R0, 0, 2),
      /* 34 */ load(BPF_W, R0, R0, 0),
      /* 35 */ instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      /* 36 */ setValue(R0, 0),
      /* 37 */ instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  }};
}
