import { findFault } from "./bpf-check.ts";
import {
  ARITHMETIC,
  actionOf,
  type BpfCode,
  CLASS,
  CONDITION,
  classOf,
  FROM_ACCUMULATOR,
  FROM_INDEX,
  MODE,
  modeOf,
  SCRATCH_CELLS,
  sizeOf,
  TO_ACCUMULATOR,
} from "./bpf-code.ts";

// Everything that an instruction can take as its source is a cell: registers, scratch memory, constants.
const ACCUMULATOR = 0;
const INDEX = 1;
const PACKET_LENGTH = 2;
const ZERO = 3;
const SCRATCH = 4;
const CONSTANTS = SCRATCH + SCRATCH_CELLS;

// An instruction is a row of five numbers: its kind and those of this table.
const ROW = 5;
const DETAIL = 1;
const SOURCE = 2;
const FIRST = 3;
const SECOND = 4;

// kind          detail       source        first              second
// MOVE                       cell          to this cell
// LOAD          size         base cell     offset from it
// HEADER_LENGTH              zero          offset
// COMPUTE       arithmetic   cell                            1 when it divides
// JUMP          condition    cell          row when it holds  row when not
// RETURN                     cell
const MOVE = 0;
const LOAD = 1;
const HEADER_LENGTH = 2;
const COMPUTE = 3;
const JUMP = 4;
const RETURN = 5;

/**
 * A program of classic BPF that tells packets apart, as libpcap's compiler makes it out of an expression for raw IP:
 * offset 0 is the first byte of the IP header. It runs without allocating, for at most as many steps as it has
 * instructions. As libpcap's own interpreter does it, dividing by an index register of zero refuses the packet, and
 * shifting by an index register of 32 or more gives zero.
 */
export class BpfProgram {
  readonly #rows: Int32Array;
  readonly #cells: Int32Array;

  /** Throws RangeError when the code has a fault that `findFault` would have told. */
  constructor(code: BpfCode) {
    const fault = findFault(code);
    if (fault !== undefined) throw new RangeError(`instruction ${fault.instruction}: ${fault.problem}`);
    const count = code.operations.length;
    this.#cells = new Int32Array(CONSTANTS + count);
    this.#cells.set(Int32Array.from(code.operands), CONSTANTS);
    this.#rows = new Int32Array(count * ROW);
    for (let index = 0; index < count; index++) this.#rows.set(rowOf(code, index), index * ROW);
  }

  /**
   * Whether the program takes the packet that is `headLength` bytes at `headOffset` and then `bodyLength` bytes at
   * `bodyOffset`. Both pieces must be inside `bytes`; the body may be empty.
   */
  matches(
    bytes: Uint8Array,
    headOffset: number,
    headLength: number,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    return this.run(bytes, headOffset, headLength, bodyOffset, bodyLength) !== 0;
  }

  /** What the program returns for a packet: a signed word that is 0 for "no", also when it reads beyond the packet. */
  run(bytes: Uint8Array, headOffset: number, headLength: number, bodyOffset: number, bodyLength: number): number {
    const rows = this.#rows;
    const cells = this.#cells;
    const length = headLength + bodyLength;
    cells[ACCUMULATOR] = 0;
    cells[INDEX] = 0;
    cells[PACKET_LENGTH] = length;
    for (let row = 0; ; row += ROW) {
      const kind = rows[row];
      const detail = rows[row + DETAIL] ?? 0;
      const source = cells[rows[row + SOURCE] ?? 0] ?? 0;
      const first = rows[row + FIRST] ?? 0;
      if (kind === LOAD) {
        const at = source + first;
        // As a signed word an offset of 2^31 or more is below zero, and farther than any packet is long.
        if (source < 0 || first < 0 || at + detail > length) return 0;
        if (at + detail <= headLength) cells[ACCUMULATOR] = read(bytes, headOffset + at, detail);
        else if (at >= headLength) cells[ACCUMULATOR] = read(bytes, bodyOffset + at - headLength, detail);
        else cells[ACCUMULATOR] = readAcross(bytes, headOffset + at, headLength - at, bodyOffset, detail);
      } else if (kind === JUMP) {
        row = isTrue(detail, cells[ACCUMULATOR] ?? 0, source) ? first : (rows[row + SECOND] ?? 0);
      } else if (kind === MOVE) {
        cells[first] = source;
      } else if (kind === COMPUTE) {
        if (source === 0 && rows[row + SECOND] === 1) return 0;
        cells[ACCUMULATOR] = compute(detail, cells[ACCUMULATOR] ?? 0, source);
      } else if (kind === HEADER_LENGTH) {
        if (first >= length) return 0;
        const at = first < headLength ? headOffset + first : bodyOffset + first - headLength;
        cells[INDEX] = 4 * ((bytes[at] ?? 0) & 0x0f);
      } else {
        return source;
      }
    }
  }
}

function rowOf(code: BpfCode, index: number): readonly number[] {
  const operation = code.operations[index] ?? 0;
  const operand = code.operands[index] ?? 0;
  const constant = CONSTANTS + index;
  const source = (operation & FROM_INDEX) === 0 ? constant : INDEX;
  switch (classOf(operation)) {
    case CLASS.load:
      return loadRow(operation, operand, constant, ACCUMULATOR);
    case CLASS.loadIndex:
      return loadRow(operation, operand, constant, INDEX);
    case CLASS.store:
      return [MOVE, 0, ACCUMULATOR, SCRATCH + operand, 0];
    case CLASS.storeIndex:
      return [MOVE, 0, INDEX, SCRATCH + operand, 0];
    case CLASS.compute:
      return [COMPUTE, actionOf(operation), source, 0, divides(actionOf(operation)) ? 1 : 0];
    case CLASS.jump: {
      const isAlways = actionOf(operation) === CONDITION.always;
      const whenTrue = isAlways ? operand : (code.jumpsTrue[index] ?? 0);
      const whenFalse = isAlways ? operand : (code.jumpsFalse[index] ?? 0);
      // The loop goes one row on from the one that a jump leads to.
      return [JUMP, actionOf(operation), source, (index + whenTrue) * ROW, (index + whenFalse) * ROW];
    }
    case CLASS.return:
      return [RETURN, 0, (operation & FROM_ACCUMULATOR) === 0 ? constant : ACCUMULATOR, 0, 0];
    default: {
      const isToAccumulator = (operation & TO_ACCUMULATOR) !== 0;
      return isToAccumulator ? [MOVE, 0, INDEX, ACCUMULATOR, 0] : [MOVE, 0, ACCUMULATOR, INDEX, 0];
    }
  }
}

function loadRow(operation: number, operand: number, constant: number, target: number): readonly number[] {
  switch (modeOf(operation)) {
    case MODE.absolute:
      return [LOAD, sizeOf(operation), ZERO, operand, 0];
    case MODE.indirect:
      return [LOAD, sizeOf(operation), INDEX, operand, 0];
    case MODE.memory:
      return [MOVE, 0, SCRATCH + operand, target, 0];
    case MODE.length:
      return [MOVE, 0, PACKET_LENGTH, target, 0];
    case MODE.headerLength:
      return [HEADER_LENGTH, 0, ZERO, operand, 0];
    default:
      return [MOVE, 0, constant, target, 0];
  }
}

function divides(arithmetic: number): boolean {
  return arithmetic === ARITHMETIC.divide || arithmetic === ARITHMETIC.modulo;
}

/** The 1, 2 or 4 bytes at `offset`, big endian; four of them as a signed word. */
function read(bytes: Uint8Array, offset: number, size: number): number {
  const first = bytes[offset] ?? 0;
  if (size === 1) return first;
  const half = (first << 8) | (bytes[offset + 1] ?? 0);
  if (size === 2) return half;
  return (half << 16) | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
}

/** The same where the first `inHead` bytes are at the end of the head and the others at the start of the body. */
function readAcross(bytes: Uint8Array, headOffset: number, inHead: number, bodyOffset: number, size: number): number {
  let value = 0;
  for (let index = 0; index < size; index++) {
    const at = index < inHead ? headOffset + index : bodyOffset + index - inHead;
    value = (value << 8) | (bytes[at] ?? 0);
  }
  return value;
}

function isTrue(condition: number, accumulator: number, operand: number): boolean {
  switch (condition) {
    case CONDITION.equal:
      return accumulator === operand;
    case CONDITION.greater:
      return accumulator >>> 0 > operand >>> 0;
    case CONDITION.atLeast:
      return accumulator >>> 0 >= operand >>> 0;
    case CONDITION.anyBit:
      return (accumulator & operand) !== 0;
    default:
      return true;
  }
}

function compute(arithmetic: number, accumulator: number, operand: number): number {
  switch (arithmetic) {
    case ARITHMETIC.add:
      return (accumulator + operand) | 0;
    case ARITHMETIC.subtract:
      return (accumulator - operand) | 0;
    case ARITHMETIC.multiply:
      return Math.imul(accumulator, operand);
    case ARITHMETIC.divide:
      return ((accumulator >>> 0) / (operand >>> 0)) | 0;
    case ARITHMETIC.modulo:
      return ((accumulator >>> 0) % (operand >>> 0)) | 0;
    case ARITHMETIC.or:
      return accumulator | operand;
    case ARITHMETIC.and:
      return accumulator & operand;
    case ARITHMETIC.xor:
      return accumulator ^ operand;
    case ARITHMETIC.shiftLeft:
      return operand >>> 0 > 31 ? 0 : accumulator << operand;
    case ARITHMETIC.shiftRight:
      return operand >>> 0 > 31 ? 0 : (accumulator >>> operand) | 0;
    default:
      return -accumulator | 0;
  }
}
