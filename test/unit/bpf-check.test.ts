import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findFault } from "../../shared/protocol/packet/bpf-check.ts";
import { type BpfInstruction, bpfCode } from "../../shared/protocol/packet/bpf-code.ts";
import { BpfProgram } from "../../shared/protocol/packet/bpf-program.ts";

const ACCEPT: BpfInstruction = [0x06, 0, 0, 1];
const LOAD_BYTE_0: BpfInstruction = [0x30, 0, 0, 0];
const STORE_CELL_3: BpfInstruction = [0x02, 0, 0, 3];
const LOAD_CELL_3: BpfInstruction = [0x60, 0, 0, 3];
const LOAD_CELL_3_TO_INDEX: BpfInstruction = [0x61, 0, 0, 3];

const faults: readonly (readonly [
  what: string,
  instructions: readonly BpfInstruction[],
  at: number,
  says: RegExp,
])[] = [
  ["an empty program", [], 0, /empty/],
  ["a program that does not end with a return", [ACCEPT, LOAD_BYTE_0], 1, /does not end with a return/],
  ["an operation that does not exist", [[0xff, 0, 0, 0], ACCEPT], 0, /no operation 0xff/],
  ["an operation of more than eight bits", [[0x106, 0, 0, 0], ACCEPT], 0, /no operation 0x106/],
  ["a load of a header length that is no byte", [[0xa1, 0, 0, 0], ACCEPT], 0, /no operation/],
  ["a return of the index register", [[0x0e, 0, 0, 0], ACCEPT], 0, /no operation/],
  ["a division by zero", [[0x34, 0, 0, 0], ACCEPT], 0, /divides by zero/],
  ["a remainder of a division by zero", [[0x94, 0, 0, 0], ACCEPT], 0, /divides by zero/],
  ["a shift to the left by 32 bits", [[0x64, 0, 0, 32], ACCEPT], 0, /shifts by 32 bits/],
  ["a shift to the right by 2^32 - 1 bits", [[0x74, 0, 0, 0xffffffff], ACCEPT], 0, /shifts by 4294967295 bits/],
  ["a store behind the memory", [[0x02, 0, 0, 16], ACCEPT], 0, /no memory cell 16/],
  ["a store of the index behind the memory", [[0x03, 0, 0, 99], ACCEPT], 0, /no memory cell 99/],
  ["a load from behind the memory", [[0x60, 0, 0, 16], ACCEPT], 0, /no memory cell 16/],
  ["a jump behind the end", [[0x05, 0, 0, 1], ACCEPT], 0, /jumps behind its end/],
  ["a jump backwards", [LOAD_BYTE_0, [0x05, 0, 0, 0xfffffffe], ACCEPT], 1, /jumps backwards.*protochain/],
  ["a jump behind the end when its condition holds", [[0x15, 1, 0, 0], ACCEPT], 0, /jumps behind its end/],
  ["a jump behind the end when its condition fails", [[0x25, 0, 1, 0], ACCEPT], 0, /jumps behind its end/],
  ["a load of what the kernel knows beside the packet", [[0x28, 0, 0, 0xfffff004], ACCEPT], 0, /direction/],
  ["a load from a cell that was not written", [LOAD_CELL_3, ACCEPT], 0, /memory cell 3, which may not/],
  ["the same into the index register", [LOAD_CELL_3_TO_INDEX, ACCEPT], 0, /memory cell 3, which may not/],
  [
    "a load from a cell that only one way to it has written",
    [[0x15, 0, 1, 0], STORE_CELL_3, LOAD_CELL_3, ACCEPT],
    2,
    /memory cell 3, which may not/,
  ],
];

describe("The check of a BPF program", () => {
  for (const [what, instructions, at, says] of faults) {
    it(`refuses ${what}`, () => {
      const fault = findFault(bpfCode(instructions));

      assert.equal(fault?.instruction, at);
      assert.match(fault?.problem ?? "", says);
    });
  }

  it("refuses more than 4096 instructions", () => {
    const longest = Array.from({ length: 4096 }, () => ACCEPT);

    assert.equal(findFault(bpfCode(longest)), undefined);
    assert.match(findFault(bpfCode([...longest, ACCEPT]))?.problem ?? "", /4097 instructions/);
  });

  it("refuses columns of different lengths", () => {
    const code = { ...bpfCode([ACCEPT]), operands: new Uint32Array(2) };

    assert.match(findFault(code)?.problem ?? "", /columns differ/);
  });

  it("accepts a load from a cell that every way to it has written", () => {
    const code = bpfCode([[0x15, 0, 2, 0], STORE_CELL_3, [0x05, 0, 0, 1], STORE_CELL_3, LOAD_CELL_3, ACCEPT]);

    assert.equal(findFault(code), undefined);
  });

  it("accepts a load that can only be reached by a jump, whatever stands before it", () => {
    const code = bpfCode([STORE_CELL_3, [0x15, 1, 0, 0], ACCEPT, LOAD_CELL_3, ACCEPT]);

    assert.equal(findFault(code), undefined);
  });

  it("makes the program refuse to be constructed, with the instruction", () => {
    assert.throws(() => new BpfProgram(bpfCode([ACCEPT, [0x34, 0, 0, 0], ACCEPT])), {
      name: "RangeError",
      message: "instruction 1: it divides by zero",
    });
  });
});
