import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rateLimits } from "../../shared/protocol/link/configured-rate.ts";
import { LINE_KINDS } from "../../shared/protocol/link/line-overhead.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { THROTTLED_RATE } from "../../shared/protocol/link/quota.ts";
import { transmit } from "../../shared/protocol/link/transmit.ts";
import { bytesPerSecond, megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { DATAGRAM_OVERHEAD } from "../../shared/protocol/wire/datagram-header.ts";
import { upLink } from "../support/member-links.ts";

const NOW = milliseconds(1000);
const IP_AND_UDP = 28;

describe("The rate of a member link", () => {
  it("begins with the ceiling, and with the least of a range", () => {
    const [minimum, maximum] = [megabitsPerSecond(2), megabitsPerSecond(30)];

    assert.equal(upLink({ sendLimits: rateLimits(maximum) }).estimator.capacity, maximum);
    assert.equal(upLink({ sendLimits: { kind: "range", minimum, maximum } }).estimator.capacity, minimum);
  });

  it("is 64 kbit/s while its quota throttles it, and what it was before when there is some again", () => {
    const link = upLink({ sendLimits: rateLimits(megabitsPerSecond(20)) });

    link.setAllowance("throttled", NOW);
    const throttled = link.pacer.rate;
    link.setAllowance("full", NOW);

    assert.equal(throttled, THROTTLED_RATE);
    assert.equal(link.pacer.rate, megabitsPerSecond(20));
  });

  it("stays throttled when both ends agree on limits again, as in every handshake", () => {
    const link = upLink({ sendLimits: { kind: "auto" } });
    link.setAllowance("throttled", NOW);

    link.setRateLimits(rateLimits(megabitsPerSecond(10)), NOW);

    assert.equal(link.pacer.rate, THROTTLED_RATE);
  });

  it("is that of a ceiling below the throttled rate, also when throttled", () => {
    const rate = bytesPerSecond(1000);
    const link = upLink({ sendLimits: rateLimits(rate) });

    link.setAllowance("throttled", NOW);

    assert.equal(link.pacer.rate, rate);
  });
});

describe("What a line adds to each packet", () => {
  it("is charged to the pacer: 1500 bytes of IP take 1749 of an ADSL line with PPPoE (RFC 2684, RFC 2516)", () => {
    const link = upLink({ sendRate: megabitsPerSecond(1), line: { overhead: LINE_KINDS["pppoe-llcsnap"] } });

    send(link, 1500);

    const charged = ((link.pacer.busyUntil(NOW) - NOW) * megabitsPerSecond(1)) / 1000;
    assert.equal(Math.round(charged), 33 * 53);
  });

  it("is in what is known to be in flight, by which rates are measured, and not in the counters", () => {
    const link = upLink({ line: { overhead: LINE_KINDS["pppoe-ptm"] } });

    send(link, 1000);
    link.sentPackets.watch(0, 0);

    assert.equal(link.sentPackets.inFlightBytes, 1030);
    assert.equal(link.sent.bytes, 1000);
  });
});

function send(link: MemberLink, size: number): void {
  transmit(link, 0, size - DATAGRAM_OVERHEAD - IP_AND_UDP, 0, 0, 0, NOW);
}
