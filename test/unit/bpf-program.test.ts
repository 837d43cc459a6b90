import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BpfInstruction, bpfCode } from "../../shared/protocol/packet/bpf-code.ts";
import { BpfProgram } from "../../shared/protocol/packet/bpf-program.ts";

// linux/bpf_common.h
const [LD, LDX, ST, STX, ALU, JMP, RET, MISC] = [0, 1, 2, 3, 4, 5, 6, 7];
const [H, B] = [0x08, 0x10];
const [ABS, IND, MEM, LEN, MSH] = [0x20, 0x40, 0x60, 0x80, 0xa0];
const [X, A] = [0x08, 0x10];
const [ADD, SUB, MUL, DIV, OR, AND] = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50];
const [LSH, RSH, NEG, MOD, XOR] = [0x60, 0x70, 0x80, 0x90, 0xa0];
const [JA, JEQ, JGT, JGE, JSET] = [0x00, 0x10, 0x20, 0x30, 0x40];
const [TAX, TXA] = [0x00, 0x80];

const PACKET = Uint8Array.from([0x45, 0xb8, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x01]);
const RETURN_A = statement(RET | A);
const YES = 111;
const NO = 222;

describe("A BPF program", () => {
  const loads: readonly (readonly [what: string, instructions: readonly BpfInstruction[], result: number])[] = [
    ["loads a constant", [statement(LD, 0x89abcdef)], 0x89abcdef],
    ["loads a word", [statement(LD | ABS, 1)], 0xb8fffe80],
    ["loads a half word", [statement(LD | H | ABS, 2)], 0xfffe],
    ["loads a byte", [statement(LD | B | ABS, 4)], 0x80],
    ["loads the last word", [statement(LD | ABS, 4)], 0x80000001],
    ["loads the packet's length", [statement(LD | LEN)], 8],
    ["loads a word behind the index", [statement(LDX, 3), statement(LD | IND, 1)], 0x80000001],
    ["loads a half word behind the index", [statement(LDX, 3), statement(LD | H | IND, 0)], 0xfe80],
    ["loads a byte behind the index", [statement(LDX, 3), statement(LD | B | IND, 4)], 0x01],
    ["loads an IP header's length into the index", [statement(LDX | B | MSH, 0), statement(MISC | TXA)], 20],
    ["loads the packet's length into the index", [statement(LDX | LEN), statement(MISC | TXA)], 8],
    ["loads a constant into the index", [statement(LDX, 7), statement(MISC | TXA)], 7],
    [
      "moves the accumulator to the index and back",
      [statement(LD, 9), statement(MISC | TAX), statement(LD, 1), statement(MISC | TXA)],
      9,
    ],
    ["stores and loads memory", [statement(LD, 5), statement(ST, 15), statement(LD, 1), statement(LD | MEM, 15)], 5],
    [
      "stores the index and loads memory into it",
      [statement(LDX, 6), statement(STX, 0), statement(LDX, 1), statement(LDX | MEM, 0), statement(MISC | TXA)],
      6,
    ],
    ["begins with zero in both registers", [statement(ALU | ADD | X)], 0],
  ];
  for (const [what, instructions, result] of loads) {
    it(what, () => {
      assert.equal(resultOf([...instructions, RETURN_A]), result);
    });
  }

  const sums: readonly (readonly [name: string, operation: number, a: number, b: number, result: number])[] = [
    ["adds, wrapping", ADD, 0xffffffff, 2, 1],
    ["subtracts, wrapping", SUB, 1, 2, 0xffffffff],
    ["multiplies, wrapping", MUL, 0xdeadbeef, 0xfffffffb, 0xa69b4555],
    ["divides without sign", DIV, 0xfffffff0, 0x10, 0x0fffffff],
    ["divides by more than 2^31", DIV, 0xffffffff, 0x80000000, 1],
    ["takes the remainder without sign", MOD, 0xffffffff, 10, 5],
    ["ors", OR, 0xf0f00000, 0x0ff00001, 0xfff00001],
    ["ands", AND, 0xf0f00000, 0xfff00001, 0xf0f00000],
    ["exclusive-ors", XOR, 0xf0f0f0f0, 0xffffffff, 0x0f0f0f0f],
    ["shifts to the left", LSH, 0x80000003, 1, 6],
    ["shifts to the right without sign", RSH, 0x80000000, 31, 1],
  ];
  for (const [what, operation, a, b, result] of sums) {
    it(`${what}, by a constant and by the index`, () => {
      assert.equal(resultOf([statement(LD, a), statement(ALU | operation, b), RETURN_A]), result);
      assert.equal(resultOf([statement(LD, a), statement(LDX, b), statement(ALU | operation | X), RETURN_A]), result);
    });
  }

  it("negates", () => {
    assert.equal(resultOf([statement(LD, 1), statement(ALU | NEG), RETURN_A]), 0xffffffff);
    assert.equal(resultOf([statement(LD, 0x80000000), statement(ALU | NEG), RETURN_A]), 0x80000000);
    assert.equal(resultOf([statement(ALU | NEG), RETURN_A]), 0);
  });

  it("gives zero for a shift by an index of 32 or more", () => {
    for (const operation of [LSH, RSH]) {
      for (const bits of [32, 33, 0x80000000]) {
        const instructions = [statement(LD, 0xff), statement(LDX, bits), statement(ALU | operation | X), RETURN_A];
        assert.equal(resultOf(instructions), 0);
      }
    }
  });

  it("refuses the packet at a division by an index of zero", () => {
    for (const operation of [DIV, MOD]) {
      assert.equal(resultOf([statement(LD, 7), statement(ALU | operation | X), statement(RET, 1)]), 0);
    }
  });

  const jumps: readonly (readonly [condition: number, a: number, b: number, holds: boolean])[] = [
    [JEQ, 0xffffffff, 0xffffffff, true],
    [JEQ, 1, 2, false],
    [JGT, 0x80000000, 0x7fffffff, true],
    [JGT, 5, 5, false],
    [JGT, 1, 0xffffffff, false],
    [JGE, 5, 5, true],
    [JGE, 0xffffffff, 0, true],
    [JGE, 4, 5, false],
    [JSET, 0x80000001, 0x80000000, true],
    [JSET, 0xf0, 0x0f, false],
  ];
  for (const [condition, a, b, holds] of jumps) {
    const name = new Map([
      [JEQ, "=="],
      [JGT, ">"],
      [JGE, ">="],
      [JSET, "&"],
    ]).get(condition);
    it(`jumps ${holds ? "when true" : "when false"} at ${a} ${name} ${b}`, () => {
      const expected = holds ? YES : NO;
      const rest = [statement(RET, NO), statement(RET, YES)];

      assert.equal(resultOf([statement(LD, a), jump(condition, 1, 0, b), ...rest]), expected);
      assert.equal(resultOf([statement(LD, a), statement(LDX, b), jump(condition | X, 1, 0, 0), ...rest]), expected);
    });
  }

  it("jumps always, further than a condition could", () => {
    const skipped = Array.from({ length: 1000 }, () => statement(RET, NO));

    assert.equal(resultOf([statement(JMP | JA, 1000), ...skipped, statement(RET, YES)]), YES);
  });

  for (const [what, instruction] of [
    ["word", statement(LD | ABS, 5)],
    ["half word", statement(LD | H | ABS, 7)],
    ["byte", statement(LD | B | ABS, 8)],
    ["header length", statement(LDX | B | MSH, 8)],
    ["word at the largest offset", statement(LD | ABS, 0x7fffffff)],
  ] as const) {
    it(`refuses a packet that is too short for a ${what}`, () => {
      assert.equal(resultOf([instruction, statement(RET, YES)]), 0);
    });
  }

  it("refuses a packet when index and offset wrap", () => {
    const wrapped = [statement(LDX, 0xffffffff), statement(LD | B | IND, 1), statement(RET, YES)];
    const alsoWrapped = [statement(LDX, 1), statement(LD | B | IND, 0xffffffff), statement(RET, YES)];

    assert.equal(resultOf(wrapped), 0);
    assert.equal(resultOf(alsoWrapped), 0);
  });

  it("reads a packet in two pieces as if it were one", () => {
    for (let cut = 0; cut <= PACKET.length; cut++) {
      const bytes = new Uint8Array(32).fill(0xee);
      bytes.set(PACKET.subarray(0, cut), 20);
      bytes.set(PACKET.subarray(cut), 3);
      for (const size of [0, H, B]) {
        for (let at = 0; at <= PACKET.length; at++) {
          const program = new BpfProgram(bpfCode([statement(LD | size | ABS, at), RETURN_A]));

          const whole = program.run(PACKET, 0, PACKET.length, 0, 0);
          const pieces = program.run(bytes, 20, cut, 3, PACKET.length - cut);

          assert.equal(pieces, whole, `size ${size} at ${at}, cut at ${cut}`);
        }
      }
    }
  });

  it("says whether it takes a packet", () => {
    const taken = new BpfProgram(bpfCode([statement(RET, 0x80000000)]));
    const refused = new BpfProgram(bpfCode([statement(RET, 0)]));

    assert.equal(taken.matches(PACKET, 0, 8, 0, 0), true);
    assert.equal(refused.matches(PACKET, 0, 8, 0, 0), false);
  });
});

function statement(operation: number, operand = 0): BpfInstruction {
  return [operation, 0, 0, operand];
}

function jump(condition: number, whenTrue: number, whenFalse: number, operand: number): BpfInstruction {
  return [JMP | condition, whenTrue, whenFalse, operand];
}

function resultOf(instructions: readonly BpfInstruction[]): number {
  return new BpfProgram(bpfCode(instructions)).run(PACKET, 0, PACKET.length, 0, 0) >>> 0;
}
