/**
 * A program of classic BPF, instruction by instruction, in columns that may be sent to another thread: what to do, how
 * many instructions a jump skips when its condition holds and when not, and the operand `k`. Nothing is checked yet.
 */
export type BpfCode = {
  readonly operations: Uint16Array;
  readonly jumpsTrue: Uint8Array;
  readonly jumpsFalse: Uint8Array;
  readonly operands: Uint32Array;
};

/** One instruction: operation, jump if true, jump if false, operand. */
export type BpfInstruction = readonly [operation: number, jumpTrue: number, jumpFalse: number, operand: number];

/** The most instructions a program may have: the kernel's `BPF_MAXINSNS`. */
export const LONGEST_PROGRAM = 4096;

/** The number of scratch memory cells: `BPF_MEMWORDS`. */
export const SCRATCH_CELLS = 16;

// The parts of an operation: McCanne and Jacobson, "The BSD Packet Filter" (1993), and linux/bpf_common.h.

/** The lowest three bits. */
export const CLASS = {
  load: 0x00,
  loadIndex: 0x01,
  store: 0x02,
  storeIndex: 0x03,
  compute: 0x04,
  jump: 0x05,
  return: 0x06,
  transfer: 0x07,
} as const;

/** How much a load takes. */
export const SIZE = { word: 0x00, half: 0x08, byte: 0x10 } as const;

/** Where a load takes it from. */
export const MODE = {
  immediate: 0x00,
  absolute: 0x20,
  indirect: 0x40,
  memory: 0x60,
  length: 0x80,
  headerLength: 0xa0,
} as const;

/** The arithmetic of a computation. */
export const ARITHMETIC = {
  add: 0x00,
  subtract: 0x10,
  multiply: 0x20,
  divide: 0x30,
  or: 0x40,
  and: 0x50,
  shiftLeft: 0x60,
  shiftRight: 0x70,
  negate: 0x80,
  modulo: 0x90,
  xor: 0xa0,
} as const;

/** The condition of a jump. */
export const CONDITION = { always: 0x00, equal: 0x10, greater: 0x20, atLeast: 0x30, anyBit: 0x40 } as const;

/** The bit that takes the index register as second operand instead of `k`. */
export const FROM_INDEX = 0x08;

/** In a return: the accumulator instead of `k`. */
export const FROM_ACCUMULATOR = 0x10;

/** In a transfer: from the index register to the accumulator instead of the other way. */
export const TO_ACCUMULATOR = 0x80;

/** The class of an operation. */
export function classOf(operation: number): number {
  return operation & 0x07;
}

/** The mode of a load. */
export function modeOf(operation: number): number {
  return operation & 0xe0;
}

/** The bytes that a load from the packet takes. */
export function sizeOf(operation: number): number {
  const size = operation & 0x18;
  if (size === SIZE.word) return 4;
  return size === SIZE.half ? 2 : 1;
}

/** The arithmetic of a computation, or the condition of a jump. */
export function actionOf(operation: number): number {
  return operation & 0xf0;
}

/** The columns of a program. Numbers out of a column's range lose their higher bits. */
export function bpfCode(instructions: readonly BpfInstruction[]): BpfCode {
  return {
    operations: Uint16Array.from(instructions, ([operation]) => operation),
    jumpsTrue: Uint8Array.from(instructions, ([, jumpTrue]) => jumpTrue),
    jumpsFalse: Uint8Array.from(instructions, ([, , jumpFalse]) => jumpFalse),
    operands: Uint32Array.from(instructions, ([, , , operand]) => operand),
  };
}
