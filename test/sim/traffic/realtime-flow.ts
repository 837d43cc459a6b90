import { type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import { IP4_HEADER, Ip4Packets, PROTOCOL, reversed } from "./ip4.ts";
import type { Side } from "./network.ts";
import { Samples } from "./samples.ts";
import { type Flow, INTERNET_ADDRESS, type Traffic } from "./traffic.ts";

const INTERNET_PORT = 4000;
const UDP_HEADER = 8;
const INTERVAL = milliseconds(20);
const SIZE = 200;

// Expedited forwarding (RFC 3246), as telephones mark their voice.
const EXPEDITED = 0xb8;

/** What a call is; the direction is seen from the client. */
export type RealtimeFlowOptions = {
  readonly direction: "up" | "down";
  readonly interval?: Milliseconds;
  /** Bytes of a packet, headers included. */
  readonly size?: number;
  readonly start?: Milliseconds;
  /** Whether packets carry the code point for expedited forwarding; not when absent. */
  readonly isMarked?: boolean;
};

/** What became of the packets that were sent in a time. */
export type RealtimeResult = {
  readonly sent: number;
  readonly lost: number;
  /** Packets that arrived more than once. */
  readonly repeated: number;
  /** One way, in milliseconds. */
  readonly delays: Samples;
  /** The time that the longest run of lost packets covers. */
  readonly longestOutage: Milliseconds;
};

/** Packets of one size at a steady rate, as of a telephone: 50 of 200 bytes a second when not said. */
export class RealtimeFlow implements Flow {
  readonly #traffic: Traffic;
  readonly #side: Side;
  readonly #interval: number;
  readonly #size: number;
  readonly #trafficClass: number;
  readonly #packets: Ip4Packets;
  readonly #sentAt: number[] = [];
  readonly #arrivedAt: number[] = [];
  readonly #repeated = new Set<number>();
  #nextAt: Milliseconds;

  constructor(traffic: Traffic, options: RealtimeFlowOptions) {
    const { direction, interval = INTERVAL, size = SIZE, start = traffic.now } = options;
    this.#traffic = traffic;
    this.#side = direction === "up" ? "client" : "internet";
    this.#interval = interval;
    this.#size = size;
    this.#trafficClass = options.isMarked === true ? EXPEDITED : 0;
    this.#nextAt = start;
    const port = traffic.takePort();
    const up = { source: traffic.network.clientAddress, destination: INTERNET_ADDRESS };
    this.#packets = new Ip4Packets(direction === "up" ? up : reversed(up), PROTOCOL.udp, size);
    const { view } = this.#packets;
    view.setUint16(20, direction === "up" ? port : INTERNET_PORT);
    view.setUint16(22, direction === "up" ? INTERNET_PORT : port);
    view.setUint16(24, size - IP4_HEADER);
    traffic.add(port, this);
  }

  receive(_at: Side, packet: Uint8Array, now: Milliseconds): void {
    const serial = new DataView(packet.buffer, packet.byteOffset).getUint32(IP4_HEADER + UDP_HEADER);
    if (this.#arrivedAt[serial] === undefined) this.#arrivedAt[serial] = now;
    else this.#repeated.add(serial);
  }

  handleTimeout(now: Milliseconds): void {
    this.#packets.view.setUint32(IP4_HEADER + UDP_HEADER, this.#sentAt.length);
    this.#sentAt.push(now);
    this.#traffic.send(this.#side, this.#packets.finish(this.#size, this.#trafficClass));
    this.#nextAt = milliseconds(now + this.#interval);
  }

  nextTimeout(): Milliseconds {
    return this.#nextAt;
  }

  /** What became of the packets that were sent between two times. */
  result(from: Milliseconds, until: Milliseconds): RealtimeResult {
    const delays = new Samples();
    let [sent, repeated, run, longestRun] = [0, 0, 0, 0];
    for (const [serial, sentAt] of this.#sentAt.entries()) {
      if (sentAt < from || sentAt >= until) continue;
      sent++;
      if (this.#repeated.has(serial)) repeated++;
      const arrivedAt = this.#arrivedAt[serial];
      run = arrivedAt === undefined ? run + 1 : 0;
      longestRun = Math.max(longestRun, run);
      if (arrivedAt !== undefined) delays.add(arrivedAt - sentAt);
    }
    const longestOutage = milliseconds(longestRun * this.#interval);
    return { sent, lost: sent - delays.count, repeated, delays, longestOutage };
  }
}
