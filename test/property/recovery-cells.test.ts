import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import type { Outbound } from "../../shared/protocol/outbound.ts";
import { type CellPool, NO_CELL } from "../../shared/protocol/packet/cell-pool.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { Random } from "../emulator/random.ts";
import { upLink } from "../support/member-links.ts";
import { makeReport } from "../support/quality-reports.ts";
import { makeSendingEnd } from "../support/sending-end.ts";

const SESSION = 2;
const DESCRIBED = 500;

/** What happens between two packets, by dice. */
type Course = {
  readonly seed: number;
  readonly cells: number;
  readonly links: number;
  readonly loss: number;
  readonly megabits: number;
};

describe("The cells of what may be sent again", () => {
  it("are each given back once, through loss, silence, links that go down and leave, restarts and full pools", () => {
    const course = fc.record({
      seed: fc.integer(),
      cells: fc.constantFrom(8, 40, 400),
      links: fc.integer({ min: 1, max: 4 }),
      loss: fc.constantFrom(0, 0.02, 0.3, 1),
      megabits: fc.constantFrom(1, 20, 1000),
    });

    fc.assert(fc.property(course, checkCells), { numRuns: 100 });
  });
});

function checkCells({ seed, cells: count, links: linkCount, loss, megabits }: Course): void {
  const random = new Random(seed);
  const sendRate = megabitsPerSecond(megabits);
  const links = Array.from({ length: linkCount }, (_, ordinal) => upLink({ ordinal, sendRate }));
  const lines = links.map((link) => new ReportedLine(link, random, loss));
  const scheduler = new EarliestArrivalScheduler();
  const { outbound, cells, sendPacket } = makeSendingEnd(links, { scheduler, cells: count });
  let now = 0;
  for (let step = 0; step < 400; step++) {
    now += random.below(10);
    for (let packet = random.below(4); packet > 0; packet--) {
      const size = random.happens(0.3) ? 100 : random.happens(0.1) ? 3000 : 1100;
      sendPacket({ size, sourcePort: random.below(5), at: milliseconds(now) });
    }
    for (const line of lines) line.step(outbound, now);
    const link = links[random.below(links.length)];
    if (link !== undefined && random.happens(0.02)) toggle(link, outbound, now);
    if (random.happens(0.005)) outbound.restart();
    outbound.handleTimeout(milliseconds(now));
    outbound.poll(milliseconds(now));
    for (const { outlet } of links) outlet?.batch.clear();
    cells.recycle();
    assert.ok(cells.freeCount <= cells.capacity);
  }
  for (const link of links.splice(0)) outbound.onLinkRemoved(link);
  outbound.clear();
  cells.recycle();
  assert.deepEqual(takeAll(cells).size, count, "every cell is free, and none of them twice");
}

/** A link that goes down is given up as a tunnel does it, and comes up again some time. */
function toggle(link: MemberLink, outbound: Outbound, now: number): void {
  const at = milliseconds(now);
  if (link.isUp) {
    link.handle({ kind: "silence", silentFor: milliseconds(500) }, at);
    link.sentPackets.abandon();
    outbound.onFeedback(link, at);
  } else {
    link.handle({ kind: "answer" }, at);
  }
  outbound.onLinksChanged();
}

function takeAll(cells: CellPool): Set<number> {
  assert.equal(cells.freeCount, cells.capacity);
  const taken = new Set<number>();
  for (let cell = cells.take(); cell !== NO_CELL; cell = cells.take()) taken.add(cell);
  return taken;
}

/** A link whose peer gets some of its packets, and reports now and then which. */
class ReportedLine {
  readonly #link: MemberLink;
  readonly #random: Random;
  readonly #loss: number;
  readonly #hasArrived: boolean[] = [];
  #serial = 0;

  constructor(link: MemberLink, random: Random, loss: number) {
    this.#link = link;
    this.#random = random;
    this.#loss = loss;
    link.sentPackets.restart(SESSION);
  }

  step(outbound: Outbound, now: number): void {
    const { association, sentPackets } = this.#link;
    const sent = association?.sentPackets ?? 0;
    while (this.#hasArrived.length < sent) this.#hasArrived.push(!this.#random.happens(this.#loss));
    if (this.#random.happens(0.3)) this.#report(now);
    else sentPackets.handleTimeout(milliseconds(now));
    outbound.onFeedback(this.#link, milliseconds(now));
  }

  #report(now: number): void {
    const highest = this.#hasArrived.lastIndexOf(true);
    if (highest < 0) return;
    const described = Math.min(highest, DESCRIBED);
    const missing = Array.from({ length: described }, (_, back) => highest - 1 - back).filter(
      (number) => this.#hasArrived[number] === false,
    );
    const report = makeReport({
      session: SESSION,
      serial: this.#serial++,
      highest,
      described,
      missing,
      arrival: now,
    });
    this.#link.handleReport(report, milliseconds(now));
  }
}
