import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes, megabitsPerSecond } from "../../shared/protocol/units.ts";
import { payloadCapacity, plainCapacity, unfragmentedMtu } from "./toolkit/payload-capacity.ts";

describe("The payload capacity", () => {
  const line = { rate: megabitsPerSecond(20) };

  it("is each line's rate times the payload in a full packet by the size of the outer packet, summed", () => {
    assert.equal(unfragmentedMtu([line, line]), 1442);
    assert.equal(payloadCapacity([line, line]), (2 * 2_500_000 * 1390) / 1500);
  });

  it("counts the overhead of every fragment", () => {
    const small = { ...line, mtu: bytes(1400) };

    assert.equal(payloadCapacity([small], bytes(1500)), (2_500_000 * 1448) / (1500 + 2 * 58));
  });

  it("counts the longer header of an IPv6 line, which makes the tunnel's packets smaller on all", () => {
    const lines = [line, { ...line, isIpv6: true }];

    assert.equal(unfragmentedMtu(lines), 1422);
    assert.equal(payloadCapacity(lines), (2_500_000 * 1370) / 1480 + (2_500_000 * 1370) / 1500);
  });

  it("is the payload in a full packet without a tunnel", () => {
    assert.equal(plainCapacity(line), (2_500_000 * 1448) / 1500);
  });
});
