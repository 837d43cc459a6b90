import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Decisions } from "../../shared/protocol/decisions.ts";
import { LinkWatch } from "../../shared/protocol/link/link-watch.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";

describe("What is noted of how far ahead of the clock a line is filled", () => {
  it("are changes of 3 ms and more, each against the last one noted", () => {
    const decisions = new Decisions();
    const link = upLink({ ordinal: 0 });
    const watch = new LinkWatch(link, decisions);

    for (const [second, lead] of [4, 5, 7, 7.75, 2].entries()) {
      link.setLead(milliseconds(lead));
      watch.observe(0, milliseconds(second * 20_000));
    }

    const leads = decisions.records.map(({ decision }) => decision).filter(({ kind }) => kind === "lead");
    assert.deepEqual(leads, [
      { kind: "lead", link: link.name, fromMs: 2, toMs: 5 },
      { kind: "lead", link: link.name, fromMs: 5, toMs: 2 },
    ]);
  });
});
