import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DropCounters } from "../../shared/protocol/drop-reason.ts";
import { LinkControl } from "../../shared/protocol/link/link-control.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";
import {
  ECHO_FRAME_SIZE,
  LCP_CODES,
  readEchoPacketSize,
  readEchoSerial,
  readIdentifier,
  readLcpCode,
  writeEchoReply,
  writeEchoRequest,
  writeTerminate,
} from "../../shared/protocol/wire/lcp.ts";
import { downLink, upLink } from "../support/member-links.ts";

const NOW = seconds(10);
const FRAME = 500_000;

describe("A link's LCP", () => {
  it("answers an Echo-Request with its identifier and data (RFC 1661 §5.8)", () => {
    const { control, arena, sent } = setUp();
    writeEchoRequest(arena.bytes, FRAME, 0x0102, 1400);

    const hasChanged = control.handleFrame(FRAME, ECHO_FRAME_SIZE, NOW);

    const [reply = -1] = sent();
    assert.equal(hasChanged, false);
    assert.deepEqual(
      [readLcpCode(arena.bytes, reply), readIdentifier(arena.bytes, reply), readEchoSerial(arena.bytes, reply)],
      [LCP_CODES.echoReply, 2, 0x0102],
    );
  });

  it("answers a padded Echo-Request without the padding (RFC 1661 §2)", () => {
    const { control, arena, link } = setUp();
    writeEchoRequest(arena.bytes, FRAME, 1, 1400);

    control.handleFrame(FRAME, 1300, NOW);

    assert.equal(link.outlet?.batch.headLength(0), ECHO_FRAME_SIZE);
  });

  it("asks when it is due, and measures the round trip by the answer", () => {
    const { control, arena, link, sent } = setUp();

    control.handleTimeout(NOW);
    const [request = -1] = sent();
    writeEchoReply(arena.bytes, FRAME, request);
    control.handleFrame(FRAME, ECHO_FRAME_SIZE, milliseconds(NOW + 25));

    assert.equal(readLcpCode(arena.bytes, request), LCP_CODES.echoRequest);
    assert.equal(readEchoPacketSize(arena.bytes, request), ECHO_FRAME_SIZE + 24 + 28);
    assert.equal(link.roundTripTime.smoothed, 25);
  });

  it("brings a link up that is asked and answers", () => {
    const { control, arena, link, sent } = setUp();
    link.handle({ kind: "silence", silentFor: milliseconds(500) }, NOW);
    control.handleTimeout(NOW);
    writeEchoReply(arena.bytes, FRAME, sent()[0] ?? 0);

    const hasChanged = control.handleFrame(FRAME, ECHO_FRAME_SIZE, milliseconds(NOW + 25));

    assert.equal(hasChanged, true);
    assert.equal(link.isUp, true);
  });

  it("calls a link silent whose requests are not answered, and asks on", () => {
    const { control, link } = setUp();
    link.keepalive.onCarried();
    let now = NOW;
    while (link.isUp && now < NOW + 10_000) {
      control.handleTimeout(now);
      link.outlet?.batch.clear();
      link.keepalive.onCarried();
      now = milliseconds(now + 10);
    }

    // Without a measured round trip, RFC 6298 §2.1 gives an answer a second.
    assert.ok(now - NOW >= 1000 && now - NOW < 1400, `${now - NOW} ms`);
    assert.match(link.state.reason, /^no answer for 1\.\d s$/);
    assert.ok(control.nextTimeout() > now - 500);
  });

  it("takes a link down that has lost its keys", () => {
    const { control, link } = setUp();
    link.association = undefined;

    assert.equal(control.handleTimeout(NOW), true);
    assert.equal(link.state.kind, "probing");
    assert.equal(control.nextTimeout(), NEVER);
  });

  it("does nothing for a link that is down", () => {
    const link = downLink();
    const { control } = setUp(link);

    assert.equal(control.handleTimeout(NOW), false);
    assert.equal(control.nextTimeout(), NEVER);
  });

  it("acknowledges a Terminate-Request and knows the link as closed (RFC 1661 §5.5)", () => {
    const { control, arena, link, sent } = setUp();
    const size = writeTerminate(arena.bytes, FRAME, LCP_CODES.terminateRequest, 9);

    const hasChanged = control.handleFrame(FRAME, size, NOW);

    const [ack = -1] = sent();
    assert.deepEqual([readLcpCode(arena.bytes, ack), readIdentifier(arena.bytes, ack)], [LCP_CODES.terminateAck, 9]);
    assert.equal(hasChanged, true);
    assert.equal(link.isClosedByPeer, true);
  });

  it("is not opened again by an answer that was under way when the peer closed the link", () => {
    const { control, arena, link, sent } = setUp();
    control.handleTimeout(NOW);
    const [request = -1] = sent();
    control.handleFrame(FRAME, writeTerminate(arena.bytes, FRAME, LCP_CODES.terminateRequest, 9), NOW);
    writeEchoReply(arena.bytes, FRAME, request);

    control.handleFrame(FRAME, ECHO_FRAME_SIZE, milliseconds(NOW + 20));

    assert.equal(link.isUp, false);
  });

  it("sends two Terminate-Requests at the end, as there is no time to wait for an answer (RFC 1661 §3.7)", () => {
    const { control, arena, sent } = setUp();

    control.terminate(NOW);

    assert.deepEqual(
      sent().map((offset) => readLcpCode(arena.bytes, offset)),
      [5, 5],
    );
  });

  it("ignores a Terminate-Ack", () => {
    const { control, arena, link, drops } = setUp();

    control.handleFrame(FRAME, writeTerminate(arena.bytes, FRAME, LCP_CODES.terminateAck, 9), NOW);

    assert.deepEqual([link.isUp, drops.total], [true, 0]);
  });

  for (const [what, bytes] of [
    ["is shorter than its header", [0xc0, 0x21, 9, 1, 0]],
    ["says that it is longer than it is", [0xc0, 0x21, 9, 1, 0, 200, ...new Array<number>(12).fill(0)]],
    ["says that it is shorter than its header", [0xc0, 0x21, 9, 1, 0, 3]],
    ["is an Echo-Request without data", [0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0]],
    ["is an Echo-Reply without data", [0xc0, 0x21, 10, 1, 0, 8, 0, 0, 0, 0]],
    ["has a code that is not spoken", [0xc0, 0x21, 1, 1, 0, 4]],
  ] as const) {
    it(`drops and counts a packet that ${what}`, () => {
      const { control, arena, drops, sent } = setUp();
      arena.bytes.set(bytes, FRAME);

      assert.equal(control.handleFrame(FRAME, bytes.length, NOW), false);

      assert.equal(drops.get("bad-frame"), 1);
      assert.deepEqual(sent(), []);
    });
  }

  it("does not ask again and again while no cell is free", () => {
    const { control, cells } = setUp();
    while (cells.freeCount > 0) cells.take();

    control.handleTimeout(NOW);

    assert.ok(control.nextTimeout() > NOW);
  });

  it("probes the path MTU with Echo-Requests as large as the path may carry", () => {
    const { control, link, arena, sent } = setUp();

    control.handleTimeout(NOW);

    const sizes = sent().map((offset) => readEchoPacketSize(arena.bytes, offset));
    assert.ok(sizes.includes(1500) && sizes.includes(1400), `${sizes}`);
    assert.equal(link.outlet?.batch.headLength(sizes.indexOf(1500)), 1500 - 24 - 28);
  });
});

function setUp(link: MemberLink = upLink()) {
  const arena = new Arena(1024 * 1024);
  const cells = new CellPool(arena, 64);
  const drops = new DropCounters();
  const control = new LinkControl(link, { arena, cells, drops, links: [link], onPeerLostUplink: () => {} });
  const sent = (): number[] => {
    const { batch } = link.outlet ?? {};
    return batch === undefined ? [] : Array.from({ length: batch.count }, (_, row) => batch.headOffset(row));
  };
  return { arena, cells, drops, control, link, sent };
}
