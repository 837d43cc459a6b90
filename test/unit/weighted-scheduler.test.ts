import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import { SecurityAssociation } from "../../shared/protocol/seal/security-association.ts";
import { seconds, UNLIMITED } from "../../shared/protocol/units.ts";

const NOW = seconds(1);
const SIZE = 1500;

describe("The weighted scheduler", () => {
  it("gives a link that could not carry for a while its share from now on, and none for the past", () => {
    const scheduler = new WeightedScheduler();
    const [stalled, other] = [upLink(0), upLink(1)];
    const links = [stalled, other];
    carry(scheduler, links, 10);
    if (stalled.outlet !== undefined) stalled.outlet.isBlocked = true;
    carry(scheduler, links, 10_000);
    if (stalled.outlet !== undefined) stalled.outlet.isBlocked = false;

    const picked = carry(scheduler, links, 200);

    const share = picked.filter((link) => link === stalled).length;
    assert.ok(share >= 90 && share <= 120, `${share} of 200`);
  });
});

function carry(scheduler: WeightedScheduler, links: readonly MemberLink[], count: number): MemberLink[] {
  return Array.from({ length: count }, () => {
    const link = scheduler.pick(links, NOW);
    if (link === undefined) assert.fail("no link may carry");
    scheduler.onCarried(link, SIZE);
    return link;
  });
}

function upLink(ordinal: number): MemberLink {
  const link = new MemberLink(
    {
      name: `line${ordinal}`,
      ordinal,
      discriminator: ordinal,
      sendRate: UNLIMITED,
      receiveRate: UNLIMITED,
      mtu: 1500,
      keepalive: { interval: seconds(5), asksWhenIdle: true, deadAfter: undefined },
      addressOffset: 0,
    },
    NOW,
  );
  link.outlet = new Outlet(new TransmitBatch(4));
  link.association = new SecurityAssociation(
    { localIndex: 1, remoteIndex: 2, cipher: "aes-256-gcm", sealSlot: 0, openSlot: 1 },
    { mrru: 1500, classes: 8 },
  );
  link.handle({ kind: "uplink available", detail: "test" }, NOW);
  link.handle({ kind: "answer" }, NOW);
  return link;
}
