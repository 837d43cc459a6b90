import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFilters } from "../../shared/config/filters-section.ts";
import { parseIni } from "../../shared/config/ini-file.ts";
import { BpfProgram } from "../../shared/protocol/packet/bpf-program.ts";
import {
  compileFilters,
  compilePacketFilter,
  parseProgram,
} from "../../shared/runtime/system/packet-filter-compiler.ts";
import { ip4Packet } from "../support/ip-packets.ts";
import { missingTcpdump } from "../support/tcpdump.ts";

const PACKET = ip4Packet({
  source: [10, 0, 0, 1],
  destination: [10, 0, 0, 2],
  sourcePort: 5060,
  size: 64,
  serial: 1,
});

describe("A pcap expression", { skip: missingTcpdump() }, () => {
  it("becomes a program for packets that begin with their IP header", async () => {
    const [sip, web] = await Promise.all(["udp port 5060", "tcp port 80"].map((text) => compilePacketFilter(text)));

    assert.equal(sip?.kind === "compiled" && new BpfProgram(sip.code).matches(PACKET, 0, 64, 0, 0), true);
    assert.equal(web?.kind === "compiled" && new BpfProgram(web.code).matches(PACKET, 0, 64, 0, 0), false);
  });

  const refusals: readonly (readonly [expression: string, says: RegExp])[] = [
    ["udp prt 5060", /^can't parse filter expression: syntax error$/],
    ["udp port sipp", /^unknown port 'sipp'$/],
    ["ip[0] / 0 = 1", /^division by zero$/],
    ["ip and ip6", /^expression rejects all packets$/],
    ["ether host 1:2:3:4:5:6", /^ethernet addresses supported only on ethernet/],
    ["-w /nonexistent/file", /^can't parse filter expression: syntax error$/],
    ["$(id) `id`; id", /^can't parse filter expression|^illegal/],
    ["", /^the expression is empty$/],
    ["  ", /^the expression is empty$/],
    ["ip\0", /zero byte/],
    ["ip6 protochain 6", /cannot be run: it jumps backwards/],
    ["inbound", /cannot be run: it asks for what a packet does not hold/],
  ];
  for (const [expression, says] of refusals) {
    it(`is refused in libpcap's words, or ours: ${JSON.stringify(expression)}`, async () => {
      const compiled = await compilePacketFilter(expression);

      assert.match(compiled.kind === "refused" ? compiled.complaint : "it was compiled", says);
    });
  }

  it("stops being compiled when it is no longer wanted", async () => {
    await assert.rejects(compilePacketFilter("udp", AbortSignal.abort()), { name: "SystemError", code: "ABORTED" });
  });
});

describe("The lines of [filters]", { skip: missingTcpdump() }, () => {
  it("become programs in their order", async () => {
    const filters = await compileFilters(rulesOf("lte = udp port 5060\ndsl = udp"));

    assert.deepEqual(
      filters.map(({ link, code }) => [link, new BpfProgram(code).matches(PACKET, 0, 64, 0, 0)]),
      [
        ["lte", true],
        ["dsl", true],
      ],
    );
  });

  it("are refused together, each with its place and libpcap's own words", async () => {
    await assert.rejects(compileFilters(rulesOf("lte = udp prt 5060\ndsl = udp\nwifi = port sipp")), {
      name: "ConfigError",
      problems: [
        "home.conf:2: [filters] lte = udp prt 5060: can't parse filter expression: syntax error: " +
          "expected a pcap expression, see pcap-filter(7)",
        "home.conf:4: [filters] wifi = port sipp: unknown port 'sipp': " +
          "expected a pcap expression, see pcap-filter(7)",
      ],
    });
  });
});

describe("A program as tcpdump prints it", () => {
  it("is read line by line", () => {
    const code = parseProgram("2\n37 1 2 4294967281\n6 0 0 262144\n");

    assert.deepEqual([...code.operations], [37, 6]);
    assert.deepEqual([...code.jumpsTrue], [1, 0]);
    assert.deepEqual([...code.jumpsFalse], [2, 0]);
    assert.deepEqual([...code.operands], [4_294_967_281, 262_144]);
  });

  for (const text of [
    "",
    "1",
    "2\n6 0 0 0",
    "1\n6 0 0",
    "1\n6 0 0 0 0",
    "1\n6 256 0 0",
    "1\n6 0 0 -1",
    "1\nret #1",
  ]) {
    it(`is not taken from ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseProgram(text), { name: "SystemError", code: "EBADMSG" });
    });
  }
});

function rulesOf(lines: string) {
  const ini = parseIni(`[filters]\n${lines}\n`, "home.conf");
  const rules = readFilters(ini, ["dsl", "lte", "wifi"]);
  ini.problems.throwIfAny();
  return rules;
}
