import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LinkReports } from "../../shared/protocol/link/link-reports.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

const SESSION = 7;

describe("The reports of a link", () => {
  it("are due at multiples of 4 ms, so that those of many links leave together", () => {
    const { link, reports } = setUp();
    assert.equal(reports.nextTimeout(), NEVER);

    link.reporter.onPacket(SESSION, 0, 100, true, milliseconds(1001));

    assert.equal(link.reporter.nextTimeout(), 1067);
    assert.equal(reports.nextTimeout(), 1068);
  });

  it("are due at once when packets seem to be lost", () => {
    const { link, reports } = setUp();
    for (const number of [0, 2, 3, 4]) link.reporter.onPacket(SESSION, number, 5000, true, milliseconds(1001));

    assert.equal(link.reporter.isUrgent, true);
    assert.equal(reports.nextTimeout(), link.reporter.nextTimeout());
  });
});

function setUp(): { readonly link: MemberLink; readonly reports: LinkReports } {
  const link = upLink();
  const arena = new Arena(64 * 1024);
  return { link, reports: new LinkReports(link, [link], arena, new CellPool(arena, 4)) };
}
