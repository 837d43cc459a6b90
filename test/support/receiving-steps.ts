import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import { streamPacket } from "./fragment-stream.ts";
import { ReceivingEnd } from "./receiving-end.ts";

/** Loses the third of five fragments, and lets M pass it. */
export function loseOne(end: ReceivingEnd, trafficClass = 0, first = 0): void {
  receive(end, 0, first, trafficClass);
  receive(end, 1, first + 1, trafficClass);
  receive(end, 0, first + 3, trafficClass);
  receive(end, 1, first + 4, trafficClass);
}

/** An end with so many links, on which nothing waits longer than `longestWait` ms. */
export function newEnd(links = 2, longestWait = 100): ReceivingEnd {
  return new ReceivingEnd({ links, cells: 64, room: 64, longestWait: milliseconds(longestWait) });
}

/** Receives a whole packet that has its sequence number as its number, and writes what comes out. */
export function receive(end: ReceivingEnd, ordinal: number, sequence: number, trafficClass = 0, copy = 0): void {
  end.receive(ordinal, wholePacket(sequence, trafficClass, copy));
  end.finish();
}

/** A packet in one fragment, that has its sequence number as its number; `copy` is 0 or COPY. */
export function wholePacket(sequence: number, trafficClass = 0, copy = 0) {
  const bytes = streamPacket(sequence, 40);
  return { packet: sequence, trafficClass, sequence: sequenceNumber(sequence), flags: BEGIN | END | copy, bytes };
}

/** Lets so much be lost for good, in a class of its own, that no copies are waited for. */
export function withoutCopies(end: ReceivingEnd): ReceivingEnd {
  for (let lost = 0; lost < 40; lost++) {
    for (const ordinal of end.links.keys()) receive(end, ordinal, 4 * lost + 1 + ordinal, 9);
    end.now = milliseconds(end.now + 1000);
    end.finish();
  }
  end.delivered.length = 0;
  return end;
}

/** A null fragment (RFC 1990 §4.1) of class 0. */
export function nullFragment(sequence: number) {
  const flags = BEGIN | END;
  return { packet: -1, trafficClass: 0, sequence: sequenceNumber(sequence), flags, bytes: new Uint8Array(0) };
}

/** The numbers of the packets that were delivered. */
export function delivered(end: ReceivingEnd): number[] {
  return end.delivered.map(({ packet }) => packet);
}
