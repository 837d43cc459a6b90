import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP, DropCounters } from "../../shared/protocol/drop-reason.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outbound } from "../../shared/protocol/outbound.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { HEADROOM, PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import type { PacketFilter } from "../../shared/protocol/packet/packet-delivery.ts";
import { TRANSMIT_COLUMNS } from "../../shared/protocol/packet/transmit-batch.ts";
import type { Pinning } from "../../shared/protocol/pinning/pinned-traffic.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { type Milliseconds, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { isPinned } from "../../shared/protocol/wire/datagram-header.ts";
import {
  BEGIN,
  END,
  FRAGMENT_HEADER_SIZE,
  readFragmentClass,
  readFragmentFlags,
  readSequence,
} from "../../shared/protocol/wire/frame-header.ts";
import { ip4Packet, serialOf } from "../support/ip-packets.ts";
import { upLink } from "../support/member-links.ts";
import { udpPortFilter } from "../support/udp-port-filter.ts";

const NOW = seconds(10);
const PACKETS = 1_200_000;
const CLIENT = [10, 44, 43, 2];
const FAR = [192, 0, 2, 1];
const SLOW = megabitsPerSecond(1);

const toLine1: Pinning = { kind: "filters", filters: [{ link: "line1", code: udpPortFilter(5060) }] };

describe("Filters", () => {
  it("let what they match go over their link, marked, and all else as ever", () => {
    const { send, sent } = setUp(toLine1);

    send({ sourcePort: 5060 });
    send({ sourcePort: 4000 });
    send({ destinationPort: 5060 });

    const ways = sent().map(({ link, pinned }) => [link, pinned]);
    assert.deepEqual(ways.toSorted(), [
      ["line0", false],
      ["line1", true],
      ["line1", true],
    ]);
  });

  it("count in their order: the first that matches", () => {
    const filters = ["line1", "line0"].map((link) => ({ link, code: udpPortFilter(5060) }));
    const { send, sent } = setUp({ kind: "filters", filters });

    send({ sourcePort: 5060 });

    assert.deepEqual(
      sent().map(({ link }) => link),
      ["line1"],
    );
  });

  for (const [why, spoil] of [
    ["is down", (link: MemberLink) => link.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW)],
    ["has used up its quota", (link: MemberLink) => link.setAllowance("fallback", NOW)],
  ] as const) {
    it(`have no effect while their link ${why}`, () => {
      const { send, sent, links } = setUp(toLine1);
      const [, second] = links;
      if (second !== undefined) spoil(second);

      send({ sourcePort: 5060 });

      assert.deepEqual(
        sent().map(({ link, pinned }) => [link, pinned]),
        [["line0", false]],
      );
    });
  }

  it("hold nobody else up when their link is busy", () => {
    const { send, sent, outbound } = setUp(toLine1, { rate1: SLOW });
    for (let packet = 0; packet < 20; packet++) send({ sourcePort: 5060, size: 1000 });

    send({ sourcePort: 4000 });

    assert.ok(outbound.pinned.count > 10);
    assert.equal(outbound.queue.count, 0);
    assert.equal(sent().filter(({ link }) => link === "line0").length, 1);
  });

  it("let packets go over their link when others wait for another one", () => {
    const { send, sent, outbound, links } = setUp(toLine1, { rate0: SLOW });
    const [, second] = links;
    if (second?.outlet !== undefined) second.outlet.isBlocked = true;
    for (let packet = 0; packet < 20; packet++) send({ sourcePort: 4000, size: 1000 });
    if (second?.outlet !== undefined) second.outlet.isBlocked = false;

    send({ sourcePort: 5060 });

    assert.ok(outbound.queue.count > 10);
    assert.deepEqual(sent().filter(({ pinned }) => pinned).length, 1);
  });

  it("let what waits go in order when the link is free, and ask for a wake-up then", () => {
    const { send, sent, outbound } = setUp(toLine1, { rate1: SLOW });
    for (let packet = 0; packet < 10; packet++) send({ sourcePort: 5060, size: 1000 });

    let now = NOW;
    for (let round = 0; round < 100 && outbound.pinned.count > 0; round++) {
      now = milliseconds(Math.max(now, outbound.nextTimeout()));
      outbound.handleTimeout(now);
      outbound.poll(now);
    }

    assert.ok(now - NOW > 50 && now - NOW < 100, `${now - NOW} ms`);
    const whole = sent().filter(({ isNull }) => !isNull);
    const serials = whole.map(({ link, serial }) => [link, serial]);
    assert.deepEqual(
      serials,
      Array.from({ length: 10 }, (_, serial) => ["line1", serial]),
    );
  });

  it("let what waits go over other links once theirs is down, and give the memory back", () => {
    const { send, sent, outbound, links, cells } = setUp(toLine1, { rate1: SLOW });
    for (let packet = 0; packet < 10; packet++) send({ sourcePort: 5060, size: 1000 });
    const before = sent().length;

    links[1]?.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW);
    outbound.onLinksChanged();
    const moved = outbound.queue.count;
    outbound.poll(milliseconds(NOW + 20));

    assert.equal(outbound.pinned.count, 0);
    assert.equal(moved, 10 - before);
    const others = sent().filter(({ link }) => link === "line0");
    assert.equal(others.length, 10 - before);
    assert.ok(others.every(({ pinned }) => !pinned));
    assert.ok(cells.freeCount <= cells.capacity);
  });

  it("drop and count what waits when no link is left", () => {
    const { send, outbound, links, cells, drops } = setUp(toLine1, { rate1: SLOW });
    outbound.recovery.isOn = false;
    for (let packet = 0; packet < 10; packet++) send({ sourcePort: 5060, size: 1000 });
    const waiting = outbound.pinned.count;

    for (const link of links) link.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW);
    outbound.onLinksChanged();
    cells.recycle();

    assert.equal(drops.get("no-link"), waiting);
    assert.equal(cells.freeCount, cells.capacity);
  });

  it("let nothing come between the fragments of a packet (RFC 1990 §3)", () => {
    // No probe has passed yet, so the path takes 1200 bytes.
    const { send, sent, outbound } = setUp(toLine1, { rate0: SLOW, rate1: SLOW });
    for (let packet = 0; packet < 12; packet++) {
      send({ sourcePort: 5060, size: 3000 });
      send({ sourcePort: 4000, size: 3000 });
    }
    let now = NOW;
    for (let round = 0; round < 2000 && (outbound.pinned.count > 0 || !outbound.queue.isEmpty); round++) {
      now = milliseconds(Math.max(now, outbound.nextTimeout()));
      outbound.handleTimeout(now);
      outbound.poll(now);
    }

    const fragments = sent().filter((fragment) => !fragment.isNull);
    for (let trafficClass = 0; trafficClass < 8; trafficClass++) {
      const ofClass = fragments.filter((fragment) => fragment.trafficClass === trafficClass);
      let isOpen = false;
      for (const { flags } of ofClass.toSorted((a, b) => a.sequence - b.sequence)) {
        assert.equal((flags & BEGIN) !== 0, !isOpen);
        isOpen = (flags & END) === 0;
      }
      assert.ok(!isOpen);
    }
    assert.ok(fragments.length > 60, `${fragments.length} fragments`);
    for (const { link, pinned } of fragments) if (pinned) assert.equal(link, "line1");
  });
});

describe("An end that follows its peer's filters", () => {
  it("lets a flow answer on the link that its pinned packets came on, without a mark", () => {
    const { send, sent, receive } = setUp({ kind: "follows", filter: undefined });
    receive({ sourcePort: 5060, destinationPort: 7000 }, 1);

    send({ source: FAR, destination: CLIENT, sourcePort: 7000, destinationPort: 5060 });
    send({ source: FAR, destination: CLIENT, sourcePort: 7001, destinationPort: 5060 });

    assert.deepEqual(
      sent().map(({ link, pinned }) => [link, pinned]),
      [
        ["line0", false],
        ["line1", false],
      ],
    );
  });

  it("follows no packet that may not go on, and none whose header is not there", () => {
    const filter: PacketFilter = { refuse: () => DROP.foreignSource };
    const refusing = setUp({ kind: "follows", filter });
    const short = setUp({ kind: "follows", filter: undefined });
    refusing.receive({ sourcePort: 5060, destinationPort: 7000 }, 1);
    short.receive({ sourcePort: 5060, destinationPort: 7000 }, 1, 19);

    for (const { send, sent } of [refusing, short]) {
      send({ source: FAR, destination: CLIENT, sourcePort: 7000, destinationPort: 5060 });

      assert.deepEqual(
        sent().map(({ link }) => link),
        ["line0"],
      );
    }
  });

  it("forgets what was bound to a link that is gone", () => {
    const { send, sent, receive, outbound, links } = setUp({ kind: "follows", filter: undefined });
    receive({ sourcePort: 5060, destinationPort: 7000 }, 1);

    if (links[1] !== undefined) outbound.onLinkRemoved(links[1]);
    send({ source: FAR, destination: CLIENT, sourcePort: 7000, destinationPort: 5060 });

    assert.deepEqual(
      sent().map(({ link }) => link),
      ["line0"],
    );
  });
});

type Packet = {
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly size?: number;
};

/** Two links, of which the second is so far that unbound packets take the first, if that is free. */
function setUp(pinning: Pinning, { rate0 = megabitsPerSecond(1000), rate1 = megabitsPerSecond(1000) } = {}) {
  const arena = new Arena(4 * 1024 * 1024);
  const cells = new CellPool(arena, 512);
  const drops = new DropCounters();
  const links = [upLink({ ordinal: 0, sendRate: rate0 }), upLink({ ordinal: 1, sendRate: rate1 })];
  for (const [index, link] of links.entries()) link.roundTripTime.sample(milliseconds(10 + 90 * index), NOW);
  const scheduler = new EarliestArrivalScheduler();
  const outbound = new Outbound({ arena, cells, links, scheduler, drops, pinning }, { mrru: 4000, classes: 8 });
  outbound.onLinksChanged();
  const batch = new PacketBatch(1);
  let place = PACKETS;
  let serial = 0;
  const put = (packet: Packet): number => {
    const { source = CLIENT, destination = FAR, size = 100 } = packet;
    place += HEADROOM;
    arena.bytes.set(ip4Packet({ ...packet, source, destination, size, serial: serial++ }), place);
    place += size;
    return place - size;
  };
  const send = (packet: Packet, now: Milliseconds = NOW): void => {
    const offset = put(packet);
    batch.clear();
    batch.add(offset, packet.size ?? 100, 0);
    outbound.handlePackets(batch, 0, 1, now);
  };
  const receive = (packet: Packet, line: number, there = 100): void => {
    const link = links[line];
    if (link !== undefined) outbound.pinned.follow(link, put(packet) - 1, 1 + there, NOW);
  };
  return { arena, cells, drops, links, outbound, send, receive, sent: () => links.flatMap(sentOn(arena)) };
}

/** Reads what left on a link, in its order. */
function sentOn(arena: Arena) {
  return ({ name, outlet }: MemberLink) => {
    const { batch } = outlet ?? assert.fail("no socket");
    return Array.from({ length: batch.count }, (_, row) => {
      const head = batch.headOffset(row);
      const word0 = batch.columns[TRANSMIT_COLUMNS.headerWord0 * batch.capacity + row] ?? 0;
      const inHead = batch.headLength(row) - FRAGMENT_HEADER_SIZE;
      const packet = inHead > 0 ? head + FRAGMENT_HEADER_SIZE + 1 : batch.bodyOffset(row) + 1;
      return {
        link: name,
        pinned: isPinned(word0),
        isNull: inHead + batch.bodyLength(row) === 0,
        flags: readFragmentFlags(arena.bytes, head),
        trafficClass: readFragmentClass(arena.bytes, head),
        sequence: readSequence(arena.bytes, head),
        serial: serialOf(arena.bytes.subarray(packet)),
      };
    });
  };
}
