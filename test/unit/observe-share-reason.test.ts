import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { receiveReason, sendReason } from "../../shared/observe/share-reason.ts";
import type { LinkFacts } from "../../shared/observe/status-snapshot.ts";
import { DSL, LTE } from "../support/status-facts.ts";

const FAR: LinkFacts = { ...DSL, name: "far", rttMs: 56, rttMinimumMs: 55.9, sendShare: 0.08 };

describe("Why a link sends what it does", () => {
  it("is its room where it is the nearest", () => {
    assert.equal(reason(DSL, [FAR, DSL]), "nearest line, 10.0 Mbit/s");
  });

  it("is its room and how much farther it is than the nearest", () => {
    assert.equal(reason(FAR, [FAR, DSL]), "10.0 Mbit/s of room, 22 ms farther than dsl1");
  });

  it("is its loaded round-trip time where that is longer than the empty line's", () => {
    const loaded = { ...FAR, rttMs: 310 };

    assert.equal(reason(loaded, [DSL, loaded]), "10.0 Mbit/s of room, loaded RTT 310 ms");
  });

  it("is that it is as near as another", () => {
    const twin = { ...DSL, name: "twin", rttMinimumMs: 12.4 };

    assert.equal(reason(twin, [DSL, twin]), "10.0 Mbit/s of room, as near as dsl1");
  });

  it("is that a nearer one has room, or is full, where it carries nothing", () => {
    const idle = { ...FAR, sendShare: 0 };
    const full = { ...DSL, sendRate: 1_240_000 };

    assert.equal(reason(idle, [DSL, idle]), "not needed: 22 ms farther than dsl1, which is not full");
    assert.equal(reason(idle, [full, idle]), "not in use, 22 ms farther than dsl1");
  });

  it("is that it is the only one in use", () => {
    const silent = { ...FAR, isSilent: true };

    assert.equal(reason(DSL, [DSL, LTE, silent]), "the only link in use, 10.0 Mbit/s");
    assert.equal(reason(silent, [DSL, silent]), "silent: it is only tried, the others carry its packets");
    assert.equal(reason(silent, [LTE, silent]), "silent, as every link is");
  });

  it("is its weight where links share by weight", () => {
    assert.equal(sendReason(FAR, [DSL, FAR], "weighted"), "by its weight among 2 links, 10.0 Mbit/s");
  });

  it("is that every link carries everything, or the best one alone, where the scheduler is of that kind", () => {
    const spare = { ...FAR, sendShare: 0 };

    assert.equal(sendReason(FAR, [DSL, FAR], "redundant"), "every packet goes over every link, 10.0 Mbit/s");
    assert.equal(sendReason(DSL, [DSL, spare], "failover"), "the best link, which carries all, 10.0 Mbit/s");
    assert.equal(sendReason(spare, [DSL, spare], "failover"), "spare, while dsl1 carries all");
    assert.equal(sendReason(spare, [spare, { ...spare }], "failover"), "nothing is sent, 10.0 Mbit/s");
  });

  it("is that it is kept back, and why", () => {
    const reserved = { ...FAR, use: { kind: "reserved", reason: "its quota is used up", retryMs: null } } as const;
    const benched = { ...FAR, use: { kind: "benched", reason: "it loses 21 %", retryMs: 12_000 } } as const;

    assert.equal(reason(reserved, [DSL, reserved]), "reserved: its quota is used up");
    assert.equal(reason(benched, [DSL, benched]), "benched: it loses 21 %; tried again in 12.0 s");
    assert.equal(reason(DSL, [DSL, benched, reserved]), "the only link in use, 10.0 Mbit/s");
  });

  it("is that links of a better priority go first", () => {
    const second = { ...FAR, priority: 2 };

    assert.equal(reason({ ...second, sendShare: 0 }, [DSL, second]), "not needed: priority 2, and dsl1 goes first");
    assert.equal(reason(second, [DSL, second]), "10.0 Mbit/s of room, 22 ms farther than dsl1");
  });

  it("is why it is not up", () => {
    assert.equal(reason(LTE, [DSL, LTE]), "no answer for 0.5 s");
  });
});

describe("What is known of what a link receives", () => {
  it("is its rate, what is configured, and what was lost", () => {
    assert.equal(receiveReason(DSL), "40.2 Mbit/s of the configured 50.0 Mbit/s, 0.1 % lost on the way");
  });

  it("is its rate alone where nothing else is known", () => {
    assert.equal(receiveReason({ ...DSL, configuredReceiveRate: null, lossRatio: null }), "40.2 Mbit/s");
  });

  it("is that nothing arrives, or why the link is not up", () => {
    assert.equal(receiveReason({ ...DSL, receiveRate: 0 }), "nothing arrives");
    assert.equal(receiveReason(LTE), "no answer for 0.5 s");
  });
});

function reason(link: LinkFacts, links: readonly LinkFacts[]): string {
  return sendReason(link, links, "earliest-arrival");
}
