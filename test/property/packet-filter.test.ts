import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findFault } from "../../shared/protocol/packet/bpf-check.ts";
import { type BpfInstruction, bpfCode } from "../../shared/protocol/packet/bpf-code.ts";
import { BpfProgram } from "../../shared/protocol/packet/bpf-program.ts";
import { compilePacketFilter } from "../../shared/runtime/system/packet-filter-compiler.ts";
import { Random } from "../emulator/random.ts";
import { referenceResult } from "../support/bpf-reference.ts";
import { numbersIn, randomPacket, savefile } from "../support/filter-packets.ts";
import { filterByTcpdump, missingTcpdump } from "../support/tcpdump.ts";

const PACKETS = 4000;
const SEED = 20_260_501;
const SENTINEL = 0xa5;

const EXPRESSIONS = [
  "ip",
  "ip6",
  "tcp",
  "udp port 5060",
  "tcp port 22 or tcp port 443",
  "udp portrange 5060-10000",
  "tcp src port 80 and not dst port 53",
  "host 10.0.0.1",
  "src net 10.0.0.0/8 and dst net 192.168.0.0/16",
  "net 2001:db8::/32",
  "dst host 2001:db8::1 and tcp",
  "icmp or icmp6",
  "ip proto 50 or ip6 proto 50",
  "sctp or igmp or proto 47",
  "ip multicast",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "tcp[tcpflags] == tcp-ack and len < 100",
  "ip[6:2] & 0x1fff != 0",
  "ip[0] & 0xf != 5",
  "udp[4:2] > 1000",
  "ip[1] & 0xfc == 0xb8 or ip6[0:2] & 0xfc0 == 0xb80",
  "greater 80",
  "less 60",
  "len >= 40 and len <= 90",
  "ip[16] >= 224",
  "tcp[((tcp[12] & 0xf0) >> 2):4] > 0x40000000",
  "ip[8] * ip[9] + 7 > 300",
  "ip[8] - ip[9] > 0x7fffffff",
  "ip[2:2] / ip[8] > 2",
  "ip[2:2] % 7 == 3",
  "ip[2:2] % ip[8] == 3",
  "(ip[4:4] ^ 0x55555555) & 0x80000001 == 1",
  "ip[8] << ip[1] > 1000",
  "ip[4:4] >> ip[1] == 0",
  "-ip[8] < 0xffffff80",
  "ip[4:4] | ip[12:4] = 0xffffffff or ip[4:4] > ip[8:4]",
  "ip[ip[8]] = ip[ip[1]]",
  "ip[len - 4:4] > 0x80000000",
  "ip6[40:4] > 1000 and ip6[6] = 44",
  "ip[100:4] >= 0",
  "not (tcp or udp) or (host 224.0.0.1 and port 53)",
  "(udp port 53 or udp port 5060 or tcp port 22) and (len < 100 or host 10.0.0.2) and not net 192.168.0.0/16",
];

const RETURN_ACCUMULATOR: BpfInstruction = [0x16, 0, 0, 0];

// What is accepted in front of enough returns, and after a store where it loads from scratch memory.
const KNOWN = Array.from({ length: 256 }, (_, operation) => operation).filter((operation) => {
  const instructions: BpfInstruction[] = [
    [0x02, 0, 0, 1],
    [operation, 0, 0, 1],
    RETURN_ACCUMULATOR,
    RETURN_ACCUMULATOR,
  ];
  return findFault(bpfCode(instructions)) === undefined;
});

describe("A packet filter", { skip: missingTcpdump() }, () => {
  const random = new Random(SEED);
  const packets = Array.from({ length: PACKETS }, () => randomPacket(random));
  const file = savefile(packets);

  for (const expression of EXPRESSIONS) {
    it(`takes the packets that libpcap's own interpreter takes: ${expression}`, async () => {
      const expected = new Set(numbersIn(filterByTcpdump(file, expression)));

      const program = await programOf(expression);

      assert.ok(expected.size < packets.length, "the expression matches everything");
      for (const [number, packet] of packets.entries()) {
        const isTaken = program.matches(packet, 0, packet.length, 0, 0);
        assert.equal(isTaken, expected.has(number), `packet ${number}: ${Buffer.from(packet).toString("hex")}`);
      }
    });
  }

  it("does not depend on where the packet is cut into head and body", async () => {
    const programs = await Promise.all(EXPRESSIONS.map(programOf));
    for (const packet of packets.slice(0, 1000)) {
      const cut = random.below(packet.length + 1);
      const { bytes, head, body } = inTwoPieces(packet, cut, random);

      for (const [index, program] of programs.entries()) {
        assert.equal(
          program.run(bytes, head, cut, body, packet.length - cut),
          program.run(packet, 0, packet.length, 0, 0),
          `${EXPRESSIONS[index]}, cut at ${cut}: ${Buffer.from(packet).toString("hex")}`,
        );
      }
    }
  });
});

describe("A program of any numbers", () => {
  const anyOperation = fc.oneof(
    fc.constantFrom(...KNOWN, 0x06, 0x16, 0x15, 0x05, 0x60, 0x61, 0x02, 0x03, 0x07, 0x87),
    fc.nat(0xffff),
  );
  const anyOperand = fc.oneof(
    fc.nat(20),
    fc.nat(70),
    fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff, 0xfffff004),
  );
  const anyJump = fc.oneof(fc.nat(4), fc.nat(255));
  const anyInstruction = fc.tuple(anyOperation, anyJump, anyJump, anyOperand);
  const anyProgram = fc.array(anyInstruction, { maxLength: 24 });

  it("is refused, or runs to its end without reading outside of the packet", () => {
    const anyPacket = fc.tuple(fc.uint8Array({ maxLength: 48 }), fc.nat(48));
    fc.assert(
      fc.property(anyProgram, fc.boolean(), anyPacket, (instructions, isEnded, [packet, at]) => {
        const code = bpfCode(isEnded ? [...instructions, RETURN_ACCUMULATOR] : instructions);
        if (findFault(code) !== undefined) {
          assert.throws(() => new BpfProgram(code), RangeError);
          return;
        }

        const program = new BpfProgram(code);
        const results = [0, 0xff].map((filling) => runWithin(program, packet, Math.min(at, packet.length), filling));

        assert.ok(Number.isInteger(results[0]));
        assert.equal(results[0], results[1], "the result depends on bytes around the packet");
      }),
      { numRuns: 20_000 },
    );
  });

  it("returns what the plain reading of the instructions gives", () => {
    const anyKnown = fc.tuple(fc.constantFrom(...KNOWN), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 15 }));
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(anyKnown, { minLength: 1, maxLength: 16 }),
        fc.uint8Array({ maxLength: 40 }),
        (some, packet) => {
          const code = bpfCode([...some, RETURN_ACCUMULATOR]);
          if (findFault(code) !== undefined) return;
          accepted++;

          assert.equal(new BpfProgram(code).run(packet, 0, packet.length, 0, 0), referenceResult(code, packet));
        },
      ),
      { numRuns: 20_000 },
    );
    assert.ok(accepted > 100, `only ${accepted} programs were accepted`);
  });
});

async function programOf(expression: string): Promise<BpfProgram> {
  const compiled = await compilePacketFilter(expression);
  assert.equal(compiled.kind, "compiled", JSON.stringify(compiled));
  return compiled.kind === "compiled" ? new BpfProgram(compiled.code) : assert.fail();
}

function inTwoPieces(packet: Uint8Array, cut: number, random: Random) {
  const head = random.below(40);
  const body = head + cut + random.below(40);
  const bytes = new Uint8Array(body + packet.length - cut + 8).fill(SENTINEL);
  bytes.set(packet.subarray(0, cut), head);
  bytes.set(packet.subarray(cut), body);
  return { bytes, head, body };
}

function runWithin(program: BpfProgram, packet: Uint8Array, cut: number, filling: number): number {
  const [head, body] = [7, 7 + cut + 5];
  const bytes = new Uint8Array(packet.length + 24).fill(filling);
  bytes.set(packet.subarray(0, cut), head);
  bytes.set(packet.subarray(cut), body);
  return program.run(bytes, head, cut, body, packet.length - cut);
}
