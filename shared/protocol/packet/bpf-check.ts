import {
  ARITHMETIC,
  actionOf,
  type BpfCode,
  CLASS,
  CONDITION,
  classOf,
  FROM_ACCUMULATOR,
  FROM_INDEX,
  LONGEST_PROGRAM,
  MODE,
  modeOf,
  SCRATCH_CELLS,
  SIZE,
  TO_ACCUMULATOR,
} from "./bpf-code.ts";

// The kernel and libpcap keep the negative offsets for what is not in the packet: its direction, its interface.
const LARGEST_OFFSET = 0x7fff_ffff;
const ALL_CELLS = 0xffff;
const WIDEST_SHIFT = 31;

/** What makes a program unfit to be run, at which of its instructions, counted from 0. */
export type BpfFault = { readonly instruction: number; readonly problem: string };

/** One instruction, and how many follow it. */
type Instruction = {
  readonly operation: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
  readonly following: number;
};

/**
 * The first fault of a program; undefined when it may be run: it ends, stays inside its own instructions and memory,
 * and reads nothing that was not written. These are the rules of the kernel's `bpf_check_classic`, with two more:
 * offsets that stand for the kernel's own knowledge are refused, and so are columns of different lengths.
 */
export function findFault(code: BpfCode): BpfFault | undefined {
  const count = code.operations.length;
  const isEven = [code.jumpsTrue, code.jumpsFalse, code.operands].every((column) => column.length === count);
  if (!isEven) return { instruction: 0, problem: "its columns differ in length" };
  if (count === 0) return { instruction: 0, problem: "it is empty" };
  if (count > LONGEST_PROGRAM) {
    return { instruction: LONGEST_PROGRAM, problem: `it has ${count} instructions, more than ${LONGEST_PROGRAM}` };
  }
  for (let index = 0; index < count; index++) {
    const problem = problemOf(instructionAt(code, index));
    if (problem !== undefined) return { instruction: index, problem };
  }
  if (classOf(code.operations[count - 1] ?? 0) !== CLASS.return) {
    return { instruction: count - 1, problem: "it does not end with a return" };
  }
  return findUnwrittenLoad(code);
}

function instructionAt(code: BpfCode, index: number): Instruction {
  return {
    operation: code.operations[index] ?? 0,
    jumpTrue: code.jumpsTrue[index] ?? 0,
    jumpFalse: code.jumpsFalse[index] ?? 0,
    operand: code.operands[index] ?? 0,
    following: code.operations.length - index - 1,
  };
}

function problemOf(instruction: Instruction): string | undefined {
  const { operation } = instruction;
  if (!KNOWN_OPERATIONS.has(operation)) return `there is no operation 0x${operation.toString(16)}`;
  switch (classOf(operation)) {
    case CLASS.load:
    case CLASS.loadIndex:
      return problemOfLoad(instruction);
    case CLASS.store:
    case CLASS.storeIndex:
      return problemOfCell(instruction);
    case CLASS.compute:
      return problemOfComputation(instruction);
    case CLASS.jump:
      return problemOfJump(instruction);
    default:
      return undefined;
  }
}

function problemOfLoad(instruction: Instruction): string | undefined {
  const mode = modeOf(instruction.operation);
  if (mode === MODE.memory) return problemOfCell(instruction);
  const isAbsolute = mode === MODE.absolute || mode === MODE.headerLength;
  if (!isAbsolute || instruction.operand <= LARGEST_OFFSET) return undefined;
  return "it asks for what a packet does not hold, such as its direction or its interface";
}

function problemOfCell({ operand }: Instruction): string | undefined {
  return operand < SCRATCH_CELLS ? undefined : `there is no memory cell ${operand}`;
}

function problemOfComputation({ operation, operand }: Instruction): string | undefined {
  if ((operation & FROM_INDEX) !== 0) return undefined;
  const action = actionOf(operation);
  if ((action === ARITHMETIC.divide || action === ARITHMETIC.modulo) && operand === 0) return "it divides by zero";
  const isShift = action === ARITHMETIC.shiftLeft || action === ARITHMETIC.shiftRight;
  return isShift && operand > WIDEST_SHIFT ? `it shifts by ${operand} bits` : undefined;
}

function problemOfJump({ operation, jumpTrue, jumpFalse, operand, following }: Instruction): string | undefined {
  if (actionOf(operation) === CONDITION.always) {
    if (operand < following) return undefined;
    // A jump backwards is a large operand: its sum with the place wraps.
    return operand > LARGEST_OFFSET
      ? "it jumps backwards, as `protochain` does: a filter must not loop"
      : "it jumps behind its end";
  }
  return jumpTrue < following && jumpFalse < following ? undefined : "it jumps behind its end";
}

/** The first load from a memory cell that not every way to it has written: the kernel's `check_load_and_stores`. */
function findUnwrittenLoad(code: BpfCode): BpfFault | undefined {
  const count = code.operations.length;
  const writtenAt = new Uint16Array(count).fill(ALL_CELLS);
  writtenAt[0] = 0;
  const reach = (index: number, written: number) => {
    if (index < count) writtenAt[index] = (writtenAt[index] ?? 0) & written;
  };
  for (let index = 0; index < count; index++) {
    const { operation, jumpTrue, jumpFalse, operand } = instructionAt(code, index);
    const written = writtenAt[index] ?? 0;
    const kind = classOf(operation);
    if (kind === CLASS.jump) {
      const isAlways = actionOf(operation) === CONDITION.always;
      reach(index + 1 + (isAlways ? operand : jumpTrue), written);
      reach(index + 1 + (isAlways ? operand : jumpFalse), written);
    } else if (kind === CLASS.store || kind === CLASS.storeIndex) {
      reach(index + 1, written | (1 << operand));
    } else if (kind !== CLASS.return) {
      const isLoad = kind === CLASS.load || kind === CLASS.loadIndex;
      if (isLoad && modeOf(operation) === MODE.memory && (written & (1 << operand)) === 0) {
        return { instruction: index, problem: `it reads memory cell ${operand}, which may not have been written` };
      }
      reach(index + 1, written);
    }
  }
  return undefined;
}

const KNOWN_OPERATIONS: ReadonlySet<number> = new Set([
  ...[SIZE.word, SIZE.half, SIZE.byte].flatMap((size) => [
    CLASS.load | size | MODE.absolute,
    CLASS.load | size | MODE.indirect,
  ]),
  ...[MODE.immediate, MODE.memory, MODE.length].flatMap((mode) => [CLASS.load | mode, CLASS.loadIndex | mode]),
  CLASS.loadIndex | SIZE.byte | MODE.headerLength,
  CLASS.store,
  CLASS.storeIndex,
  ...Object.values(ARITHMETIC)
    .filter((action) => action !== ARITHMETIC.negate)
    .flatMap((action) => [CLASS.compute | action, CLASS.compute | action | FROM_INDEX]),
  CLASS.compute | ARITHMETIC.negate,
  CLASS.jump | CONDITION.always,
  ...Object.values(CONDITION)
    .filter((condition) => condition !== CONDITION.always)
    .flatMap((condition) => [CLASS.jump | condition, CLASS.jump | condition | FROM_INDEX]),
  CLASS.return,
  CLASS.return | FROM_ACCUMULATOR,
  CLASS.transfer,
  CLASS.transfer | TO_ACCUMULATOR,
]);
