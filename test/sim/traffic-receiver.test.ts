import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { milliseconds } from "../../shared/protocol/units.ts";
import { TcpReceiver } from "./traffic/tcp/receiver.ts";
import { TcpSegment } from "./traffic/tcp/segment.ts";

const SIZE = 1000;
const QUICK = 16;
const FIRST_WINDOW = 64 * 1024;

describe("A model TCP receiver", () => {
  it("acknowledges each of the first segments, and then every second one (RFC 9293 §3.8.6.3)", () => {
    const { acks, take } = receiver();

    for (let segment = 0; segment < QUICK; segment++) take(segment, segment);
    const quick = acks.length;
    for (let segment = QUICK; segment < QUICK + 10; segment++) take(segment, segment);

    assert.equal(quick, QUICK);
    assert.equal(acks.length, QUICK + 5);
  });

  it("acknowledges a single segment after 40 ms", () => {
    const { acks, take, at } = receiver();
    for (let segment = 0; segment <= QUICK; segment++) take(segment, 0);

    at(39);
    const early = acks.length;
    at(40);

    assert.equal(early, QUICK);
    assert.equal(acks.length, QUICK + 1);
  });

  it("acknowledges at once what came at one time, as after GRO", () => {
    const { acks, take, at, give } = receiver();
    for (let segment = 0; segment < QUICK; segment++) take(segment, 0);

    for (let segment = QUICK; segment < QUICK + 20; segment++) give(segment, 10);
    at(10);

    assert.deepEqual(acks.slice(QUICK), [(QUICK + 20) * SIZE]);
  });

  it("tells of the first three early segments at once, and of the others after a millisecond", () => {
    const { acks, take, at } = receiver();
    for (let segment = 0; segment < QUICK; segment++) take(segment, 0);

    for (let segment = QUICK + 1; segment < QUICK + 11; segment++) take(segment, 10);
    const atOnce = acks.length - QUICK;
    at(11);

    assert.equal(atOnce, 3);
    assert.equal(acks.length - QUICK, 4);
  });

  it("grows its window by two segments for each that comes in order", () => {
    const { windows, take } = receiver();

    for (let segment = 0; segment < 4; segment++) take(segment, 0);

    // Told in whole KiB.
    const grown = [1, 2, 3, 4].map((segments) => Math.floor((FIRST_WINDOW + 2 * SIZE * segments) / 1024) * 1024);
    assert.deepEqual(windows, grown);
  });
});

function receiver() {
  const acks: number[] = [];
  const windows: number[] = [];
  const tcp = new TcpReceiver({
    firstWindow: FIRST_WINDOW,
    largestWindow: 1024 * 1024,
    emit: ({ acknowledgement, window }) => {
      acks.push(acknowledgement);
      windows.push(window);
    },
    onBytes: () => undefined,
  });
  const segment = new TcpSegment();
  segment.payload = SIZE;
  const give = (index: number, now: number): void => {
    segment.sequence = index * SIZE;
    tcp.receive(segment, milliseconds(now));
  };
  const at = (now: number): void => tcp.handleTimeout(milliseconds(now));
  const take = (index: number, now: number): void => {
    give(index, now);
    at(now);
  };
  return { acks, windows, give, at, take };
}
