/** One instruction of classic BPF: operation, jump if true, jump if false, operand (linux/filter.h). */
export type BpfInstruction = readonly [operation: number, jumpTrue: number, jumpFalse: number, operand: number];

const INSTRUCTION_SIZE = 8;
const LIMITS = [0xffff, 0xff, 0xff, 0xffff_ffff] as const;

/** The program as the kernel has it: `struct sock_filter`, in host order. Throws RangeError for a number out of range. */
export function packProgram(program: readonly BpfInstruction[]): Uint8Array {
  const buffer = new ArrayBuffer(program.length * INSTRUCTION_SIZE);
  const halves = new Uint16Array(buffer);
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  for (const [index, instruction] of program.entries()) {
    if (!isInRange(instruction)) throw new RangeError(`instruction ${index} has a number out of range`);
    const [operation, jumpTrue, jumpFalse, operand] = instruction;
    halves[4 * index] = operation;
    bytes[INSTRUCTION_SIZE * index + 2] = jumpTrue;
    bytes[INSTRUCTION_SIZE * index + 3] = jumpFalse;
    words[2 * index + 1] = operand;
  }
  return bytes;
}

function isInRange(instruction: BpfInstruction): boolean {
  return instruction.every((value, place) => Number.isInteger(value) && value >= 0 && value <= (LIMITS[place] ?? 0));
}
