import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Keepalive } from "../../shared/protocol/link/keepalive.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";

const START = seconds(100);
const INTERVAL = seconds(5);
const PATIENCE = milliseconds(50);

describe("A keepalive (RFC 1661 §5.8)", () => {
  it("asks at once on a link that is not up, and then twice a second", () => {
    const keepalive = asking();

    assert.ok(keepalive.requestDue(false, PATIENCE) <= START);
    keepalive.onRequest(START);
    assert.equal(keepalive.requestDue(false, PATIENCE), START + 500);
  });

  it("asks once an interval on an idle link, on the side that opened it", () => {
    const keepalive = asking();
    answerAll(keepalive, START);

    assert.equal(keepalive.requestDue(true, PATIENCE), START + INTERVAL);
  });

  it("only listens on an idle link, on the side that answers", () => {
    const keepalive = new Keepalive({ interval: INTERVAL, asksWhenIdle: false, deadAfter: undefined }, START);

    answerAll(keepalive, START);

    assert.equal(keepalive.requestDue(true, PATIENCE), NEVER);
    assert.equal(keepalive.deadAt(PATIENCE), START + 3.5 * INTERVAL + 400);
    keepalive.onHeard(milliseconds(START + 1000));
    assert.equal(keepalive.deadAt(PATIENCE), START + 1000 + 3.5 * INTERVAL + 400);
  });

  it("asks ten times a second on a link that carries data", () => {
    const keepalive = asking();
    answerAll(keepalive, START);

    keepalive.onCarried();

    assert.equal(keepalive.requestDue(true, PATIENCE), START + 100);
  });

  it("asks once a second, on either side, while only other links carry data", () => {
    for (const asksWhenIdle of [true, false]) {
      const keepalive = new Keepalive({ interval: INTERVAL, asksWhenIdle, deadAfter: undefined }, START);
      answerAll(keepalive, START);

      keepalive.onOthersCarried();

      assert.equal(keepalive.requestDue(true, PATIENCE), START + 1000);
      answerAll(keepalive, milliseconds(START + 1000));
      assert.equal(keepalive.requestDue(true, PATIENCE), asksWhenIdle ? START + 1000 + INTERVAL : NEVER);
    }
  });

  it("asks again when an answer is missing, though the link is idle", () => {
    const keepalive = asking();
    keepalive.onRequest(START);

    assert.equal(keepalive.requestDue(true, milliseconds(300)), START + 300);
    assert.equal(keepalive.requestDue(true, PATIENCE), START + 100);
  });

  it("tells the round-trip time of each answer, also of one that was overtaken", () => {
    const keepalive = asking();
    const first = keepalive.onRequest(START);
    const second = keepalive.onRequest(milliseconds(START + 100));

    assert.equal(keepalive.onAnswer(second, milliseconds(START + 130)), 30);
    assert.equal(keepalive.onAnswer(first, milliseconds(START + 140)), 140);
  });

  it("knows no answer to what it never asked, or long ago", () => {
    const keepalive = asking();
    for (let request = 0; request < 40; request++) keepalive.onRequest(START);

    for (const serial of [0, -1, 8, 41]) assert.equal(keepalive.onAnswer(serial, START), undefined);
  });

  it("calls a link dead after four requests without an answer, 400 ms after the first of them", () => {
    const keepalive = asking();
    ask(keepalive, 3);
    assert.equal(keepalive.deadAt(PATIENCE), NEVER);

    keepalive.onRequest(milliseconds(START + 300));

    assert.equal(keepalive.deadAt(PATIENCE), START + 400);
  });

  it("takes a report of what was sent later for an answer, as answers get lost too", () => {
    const keepalive = asking();
    ask(keepalive, 4);

    keepalive.onArrived(milliseconds(START + 250));

    assert.equal(keepalive.silentFor(milliseconds(START + 400)), 100);
    assert.equal(keepalive.deadAt(PATIENCE), NEVER);
    assert.equal(keepalive.onAnswer(2, milliseconds(START + 450)), 350);
  });

  it("takes a report of what was sent before it asked for no answer", () => {
    const keepalive = asking();
    ask(keepalive, 4);

    keepalive.onArrived(milliseconds(START - 1));

    assert.equal(keepalive.deadAt(PATIENCE), START + 400);
  });

  it("gives a long line its round trip and a slack", () => {
    const keepalive = asking();
    ask(keepalive, 4);

    assert.equal(keepalive.deadAt(milliseconds(600)), START + 800);
  });

  it("gives a link what the operator has set", () => {
    const keepalive = new Keepalive({ interval: INTERVAL, asksWhenIdle: true, deadAfter: seconds(3) }, START);
    ask(keepalive, 4);

    assert.equal(keepalive.deadAt(PATIENCE), START + 3000);
  });

  it("counts silence from the first request after the latest answer", () => {
    const keepalive = asking();
    const serials = ask(keepalive, 6);

    keepalive.onAnswer(serials[1] ?? 0, milliseconds(START + 520));

    assert.equal(keepalive.deadAt(PATIENCE), START + 200 + 400);
    assert.equal(keepalive.silentFor(milliseconds(START + 520)), 320);
  });

  it("counts silence from the last that was heard, where nothing was asked", () => {
    const keepalive = new Keepalive({ interval: INTERVAL, asksWhenIdle: false, deadAfter: undefined }, START);

    keepalive.onHeard(milliseconds(START + 500));

    assert.equal(keepalive.silentFor(milliseconds(START + 700)), 200);
  });

  it("does not count probes of the path MTU, which may only have been too large", () => {
    const keepalive = asking();
    for (let probe = 0; probe < 12; probe++) keepalive.onProbe(START);

    assert.equal(keepalive.deadAt(PATIENCE), NEVER);
    assert.equal(keepalive.requestDue(false, PATIENCE) <= START, true);
    const serials = ask(keepalive, 4);
    keepalive.onProbe(milliseconds(START + 350));
    keepalive.onAnswer(serials.at(-1) ?? 0, milliseconds(START + 360));
    assert.equal(keepalive.deadAt(PATIENCE), NEVER);
  });

  it("takes the answer to a probe as an answer", () => {
    const keepalive = asking();
    ask(keepalive, 4);
    const probe = keepalive.onProbe(milliseconds(START + 350));

    assert.equal(keepalive.onAnswer(probe, milliseconds(START + 370)), 20);

    assert.equal(keepalive.deadAt(PATIENCE), NEVER);
  });
});

function asking(): Keepalive {
  return new Keepalive({ interval: INTERVAL, asksWhenIdle: true, deadAfter: undefined }, START);
}

/** Asks every 100 ms, and returns the serial numbers. */
function ask(keepalive: Keepalive, count: number): number[] {
  return Array.from({ length: count }, (_, request) => keepalive.onRequest(milliseconds(START + request * 100)));
}

function answerAll(keepalive: Keepalive, now: Milliseconds): void {
  keepalive.onAnswer(keepalive.onRequest(now), now);
}
