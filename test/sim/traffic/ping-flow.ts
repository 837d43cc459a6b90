import { type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import { IP4_HEADER, Ip4Packets, PROTOCOL, reversed } from "./ip4.ts";
import type { Side } from "./network.ts";
import { Samples } from "./samples.ts";
import { type Flow, INTERNET_ADDRESS, type Traffic } from "./traffic.ts";

//  20 type   24 identifier   28 serial number (RFC 792; the 16 bits of the RFC's sequence number are too few)
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const SIZE = IP4_HEADER + 64;

/** What a ping is: how often it asks, from when on. */
export type PingFlowOptions = { readonly interval?: Milliseconds; readonly start?: Milliseconds };

/** ICMP echo requests by the client at a steady interval, 100 ms when not said, and their round-trip times. */
export class PingFlow implements Flow {
  readonly #traffic: Traffic;
  readonly #interval: number;
  readonly #requests: Ip4Packets;
  readonly #replies: Ip4Packets;
  readonly #sentAt: number[] = [];
  readonly #rtt: number[] = [];
  #nextAt: Milliseconds;

  constructor(traffic: Traffic, { interval = milliseconds(100), start = traffic.now }: PingFlowOptions = {}) {
    this.#traffic = traffic;
    this.#interval = interval;
    this.#nextAt = start;
    const ends = { source: traffic.network.clientAddress, destination: INTERNET_ADDRESS };
    const identifier = traffic.takePort();
    this.#requests = new Ip4Packets(ends, PROTOCOL.icmp, SIZE);
    this.#replies = new Ip4Packets(reversed(ends), PROTOCOL.icmp, SIZE);
    this.#requests.view.setUint8(20, ECHO_REQUEST);
    this.#replies.view.setUint8(20, ECHO_REPLY);
    for (const { view } of [this.#requests, this.#replies]) view.setUint16(24, identifier);
    traffic.addEcho(identifier, this);
  }

  receive(at: Side, packet: Uint8Array, now: Milliseconds): void {
    const serial = new DataView(packet.buffer, packet.byteOffset).getUint32(28);
    if (at === "client") {
      this.#rtt[serial] ??= now - (this.#sentAt[serial] ?? now);
      return;
    }
    this.#replies.view.setUint32(28, serial);
    this.#traffic.send("internet", this.#replies.finish(SIZE, 0));
  }

  handleTimeout(now: Milliseconds): void {
    this.#requests.view.setUint32(28, this.#sentAt.length);
    this.#sentAt.push(now);
    this.#traffic.send("client", this.#requests.finish(SIZE, 0));
    this.#nextAt = milliseconds(now + this.#interval);
  }

  nextTimeout(): Milliseconds {
    return this.#nextAt;
  }

  /** The RTTs of requests that were sent between two times, in milliseconds, and how many were never answered. */
  result(from: Milliseconds, until: Milliseconds): { readonly rtts: Samples; readonly lost: number } {
    const rtts = new Samples();
    let lost = 0;
    for (const [serial, sentAt] of this.#sentAt.entries()) {
      if (sentAt < from || sentAt >= until) continue;
      const rtt = this.#rtt[serial];
      if (rtt === undefined) lost++;
      else rtts.add(rtt);
    }
    return { rtts, lost };
  }
}
