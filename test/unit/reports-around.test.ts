import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LinkReports } from "../../shared/protocol/link/link-reports.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const SESSION = 1;
const SIZE = 1400;

describe("The reports of a link that went quiet", () => {
  it("go by another link every other time", () => {
    const { own, other } = reportsBeside(40);

    assert.ok(own >= 3 && other >= 3, `${own} and ${other}`);
  });

  it("do not when it is so much farther that this one would seem to be silent meanwhile", () => {
    const { own, other } = reportsBeside(400);

    // That it is quiet is told there, in case.
    assert.ok(own >= 7 && other === 1, `${own} and ${other}`);
  });
});

/** How many reports leave on a link with 20 ms of round trip that was quiet for a moment, and on one beside it. */
function reportsBeside(roundTrip: number): { readonly own: number; readonly other: number } {
  const links = [upLink(), upLink({ ordinal: 1 })] as const;
  const [link, beside] = links;
  link.roundTripTime.sample(milliseconds(20), milliseconds(0));
  beside.roundTripTime.sample(milliseconds(roundTrip), milliseconds(0));
  const arena = new Arena(64 * 1024);
  const reports = new LinkReports(link, links, arena, new CellPool(arena, 8));
  for (let number = 0; number < 400; number++) {
    const now = milliseconds(number < 100 ? number : number + 100);
    if (number === 100) reports.handleTimeout(milliseconds(now - 1));
    link.reporter.onPacket(SESSION, number, SIZE, true, now);
    if (number > 50) reports.handleTimeout(now);
  }
  return { own: link.sent.packets, other: beside.sent.packets };
}
