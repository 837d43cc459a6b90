import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_KEY } from "../../shared/protocol/packet/transmit-batch.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { LCP_CODES, writeTerminate } from "../../shared/protocol/wire/lcp.ts";
import { RespondingEnd, START } from "../support/responding-end.ts";

describe("A link's keys", () => {
  it("outlive the datagrams that were sealed under them in the same round", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    end.outlet.batch.clear();
    end.host.recycle();

    end.receive((bytes, at) => writeTerminate(bytes, at, LCP_CODES.terminateRequest, 1), START);
    end.host.settle(START);

    // The driver writes the batches now; a row whose key is gone cannot be sealed.
    const slots = Array.from({ length: end.outlet.batch.count }, (_, row) => end.outlet.batch.keySlot(row));
    assert.ok(slots.length > 0);
    for (const slot of slots) assert.ok(slot === NO_KEY || end.keys.has(slot), `no key in slot ${slot}`);
  });
});

describe("A link", () => {
  it("does not stay up without any keys", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    assert.equal(end.link.isUp, true);

    for (let time = START + 1000; time < START + 200_000; time += 1000) {
      if (end.link.association !== undefined) end.receiveEcho(milliseconds(time));
      end.answerRequests(milliseconds(time));
      end.host.settle(milliseconds(time));
    }

    assert.equal(end.link.association, undefined);
    assert.equal(end.link.isUp, false);
  });

  it("cannot make a datagram that is larger than a cell spoil what other links have in theirs", () => {
    const end = new RespondingEnd();
    end.receiveEcho(START);
    end.addSilentLink();
    end.receiveFragment(1, 100, 0x11, START);
    end.receiveFragment(3, 100, 0x33, START);
    end.receiveFragment(0, 100, 0x00, START);
    end.host.recycle();

    end.receiveFragment(9, 4000, 0x99, START);
    end.delivery.clear();
    end.receiveFragment(2, 100, 0x22, START);

    const fills = Array.from({ length: end.delivery.count }, (_, row) => [
      ...new Set(end.arena.bytes.slice(end.delivery.offset(row) + 20, end.delivery.offset(row) + 100)),
    ]);
    assert.deepEqual(fills, [[0x22], [0x33]]);
  });
});
