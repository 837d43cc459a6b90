import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { megabitsPerSecond, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { upLink } from "../support/member-links.ts";
import { makeSendingEnd, PACKET } from "../support/sending-end.ts";

const NOW = seconds(10);
const LATER = milliseconds(NOW + 31);

describe("The way of a packet out", () => {
  it("puts the fragment's header and the protocol field in front of it, where it lies (RFC 1990 §3)", () => {
    const { send, frames } = makeSendingEnd([upLink()]);

    send(100);

    const [frame] = frames();
    assert.deepEqual([frame?.flags, frame?.sequence, frame?.length], [BEGIN | END, 0, 100 + 6]);
    assert.equal(frame?.bytes[5], 0x21);
  });

  it("cuts a packet that does not fit its link's MTU, B first and E last (RFC 1990 §3)", () => {
    // No probe has passed yet, so the path takes 1200 bytes (RFC 8899 §5.1.2).
    const { send, frames } = makeSendingEnd([upLink({ ordinal: 0 }), upLink({ ordinal: 1 })]);

    send(3000);

    const sent = frames().toSorted((a, b) => a.sequence - b.sequence);
    assert.deepEqual(
      sent.map(({ flags }) => flags),
      [BEGIN, 0, END],
    );
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      [0, 1, 2],
    );
    assert.ok(sent.every(({ length }) => length + 24 + 28 <= 1200));
    assert.equal(new Set(sent.map(({ link }) => link)).size, 2);
  });

  it("drops and counts what is no IP packet, what is above the MRRU, and what finds no link", () => {
    const link = upLink();
    const { send, outbound, drops, arena, batch } = makeSendingEnd([link]);
    arena.bytes.fill(0, PACKET, PACKET + 40);
    batch.clear();
    batch.add(PACKET, 40, 0);
    outbound.handlePackets(batch, 0, 1, NOW);
    send(4001);
    link.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW);
    send(100);

    assert.deepEqual(drops.snapshot(), { "malformed-packet": 1, "too-big": 1, "no-link": 1 });
  });

  it("lets packets wait for a busy line, and sends them in order when it is free", () => {
    const { send, outbound, frames } = makeSendingEnd([upLink({ sendRate: megabitsPerSecond(8) })]);
    for (let packet = 0; packet < 20; packet++) send(1000);
    const [atOnce, waiting] = [frames().length, outbound.queue.count];

    let now = NOW;
    while (!outbound.queue.isEmpty) {
      now = outbound.nextTimeout();
      outbound.poll(now);
    }

    assert.ok(atOnce <= 4 && atOnce + waiting === 20, `${atOnce} and ${waiting}`);
    assert.deepEqual(
      frames().map(({ serial }) => serial),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    // 1 byte is 1 µs; the pacer may run ahead by 2 ms.
    assert.ok(now - NOW > 15 && now - NOW < 20, `${now - NOW} ms`);
  });

  it("asks for no wake-up while the only socket takes nothing", () => {
    const link = upLink();
    const { send, outbound } = makeSendingEnd([link]);
    if (link.outlet !== undefined) link.outlet.isBlocked = true;

    send(100);

    assert.equal(outbound.queue.count, 1);
    assert.equal(outbound.nextTimeout(), NEVER);
  });

  it("asks for a wake-up when a batch is full, as it is written in the same round", () => {
    const { send, outbound } = makeSendingEnd([upLink({ outlet: new Outlet(new TransmitBatch(1)) })]);

    send(100);
    send(100);

    assert.equal(outbound.queue.count, 1);
    assert.ok(outbound.nextTimeout() <= NOW);
  });

  it("asks for no wake-up for a link without keys", () => {
    const link = upLink();
    const { send, outbound } = makeSendingEnd([link]);
    link.association = undefined;

    send(100);

    assert.equal(outbound.nextTimeout(), NEVER);
  });

  it("drops what waits once no link is up, and counts it", () => {
    const link = upLink({ sendRate: megabitsPerSecond(1) });
    const { send, outbound, drops, cells } = makeSendingEnd([link]);
    for (let packet = 0; packet < 10; packet++) send(1000);
    const waiting = outbound.queue.count;
    link.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW);

    link.sentPackets.abandon();
    outbound.onFeedback(link, NOW);
    outbound.onLinksChanged();
    cells.recycle();

    assert.equal(drops.get("no-link"), waiting);
    assert.equal(cells.freeCount, cells.capacity);
  });

  it("sends nothing again that was lost before the peer restarted, and numbers from 0", () => {
    const [lost, kept] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const { send, outbound, frames, cells } = makeSendingEnd([lost, kept]);
    for (let packet = 0; packet < 10; packet++) send(1000);
    for (const { outlet } of [lost, kept]) outlet?.batch.clear();

    outbound.restart();
    lost.handle({ kind: "peer restarted" }, NOW);
    lost.sentPackets.abandon();
    outbound.onFeedback(lost, NOW);
    outbound.poll(NOW);
    cells.recycle();

    assert.deepEqual(frames(), []);
    assert.equal(cells.freeCount, cells.capacity);
    send(1000);
    assert.deepEqual(
      frames().map(({ sequence }) => sequence),
      [0],
    );
  });

  it("drops the rest of a packet for whose header there is no cell, and does not spin", () => {
    const link = upLink({ sendRate: megabitsPerSecond(1) });
    const { send, outbound, drops, cells } = makeSendingEnd([link]);
    while (cells.freeCount > 3) cells.take();
    for (let packet = 0; packet < 3; packet++) send(1500);

    let now = NOW;
    for (let round = 0; round < 100 && !outbound.queue.isEmpty; round++) {
      now = milliseconds(Math.max(now, outbound.nextTimeout()));
      outbound.poll(now);
      link.outlet?.batch.clear();
      if (round % 7 === 6) cells.recycle();
    }

    assert.equal(outbound.queue.isEmpty, true);
    assert.ok(drops.get("queue-full") > 0);
  });

  it("sends what is real time in class 0, where nobody waits for order (RFC 2686 §4)", () => {
    const { send, frames } = makeSendingEnd([upLink()]);

    send(100);
    send(1000);

    const [small, large] = frames().map(({ trafficClass }) => trafficClass);
    assert.equal(small, 0);
    assert.notEqual(large, 0);
  });

  it("puts into class 0 only what every link takes whole, and nothing where it is the only class", () => {
    const marked = { size: 1300, typeOfService: 46 << 2 };
    const [narrow, single] = [makeSendingEnd([upLink()]), makeSendingEnd([upLink()], { classes: 1 })];

    narrow.sendPacket({ ...marked, size: 1000 });
    narrow.sendPacket(marked);
    single.sendPacket({ ...marked, size: 100 });

    const classes = narrow.frames().map(({ trafficClass }) => trafficClass);
    assert.equal(classes[0], 0);
    assert.ok(classes.slice(1).every((trafficClass) => trafficClass > 0));
    assert.deepEqual(
      single.frames().map(({ trafficClass, sequence }) => [trafficClass, sequence]),
      [[0, 0]],
    );
  });

  it("keeps a flow in its class when it turns bulk, and new ones out of classes with bulk (RFC 2686 §4)", () => {
    const link = upLink();
    const { send, outbound, frames } = makeSendingEnd([link]);
    if (link.outlet !== undefined) link.outlet.isBlocked = true;
    for (let packet = 0; packet < 6; packet++) send(1100, 1);
    for (let port = 2; port < 30; port++) send(1100, port);
    if (link.outlet !== undefined) link.outlet.isBlocked = false;

    outbound.poll(NOW);

    const sent = frames();
    const bulk = new Set(sent.filter(({ port }) => port === 1).map(({ trafficClass }) => trafficClass));
    const sparse = new Set(sent.filter(({ port }) => port !== 1).map(({ trafficClass }) => trafficClass));
    assert.equal(bulk.size, 1);
    assert.equal(sparse.size, 6);
    assert.ok([...bulk, ...sparse].every((trafficClass) => trafficClass > 0));
    assert.ok([...bulk].every((trafficClass) => !sparse.has(trafficClass)));
  });

  it("gives a link a null fragment that a burst has passed by, within 60 ms (RFC 1990 §4.1)", () => {
    const [first, second] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const { send, outbound, frames } = makeSendingEnd([first, second]);
    if (second.outlet !== undefined) second.outlet.isBlocked = true;
    for (let packet = 0; packet < 5; packet++) send(1000);
    if (second.outlet !== undefined) second.outlet.isBlocked = false;

    outbound.handleTimeout(LATER);
    const early = frames().filter(({ link }) => link === second);
    outbound.handleTimeout(outbound.nextTimeout());

    const nulls = frames().filter(({ link }) => link === second);
    assert.deepEqual(early, []);
    assert.deepEqual(
      nulls.map(({ flags, sequence, length }) => [flags, sequence, length]),
      [[BEGIN | END, 5, 5]],
    );
    assert.equal(outbound.nextTimeout(), NEVER);
  });

  it("gives a busy link its null fragment as soon as it may carry", () => {
    const [first, second] = [upLink({ ordinal: 0 }), upLink({ ordinal: 1 })];
    const { send, outbound, frames } = makeSendingEnd([first, second]);
    if (second.outlet !== undefined) second.outlet.isBlocked = true;
    for (let packet = 0; packet < 5; packet++) send(1000);
    for (let check = 0; check < 5; check++) outbound.handleTimeout(outbound.nextTimeout());

    if (second.outlet !== undefined) second.outlet.isBlocked = false;
    outbound.handleTimeout(outbound.nextTimeout());

    assert.equal(frames().filter(({ link }) => link === second).length, 1);
  });
});
