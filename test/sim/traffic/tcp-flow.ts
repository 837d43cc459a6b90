import { earliest, type Milliseconds, milliseconds, NEVER } from "../../../shared/protocol/units.ts";
import { Goodput } from "./goodput.ts";
import { reversed } from "./ip4.ts";
import type { Side } from "./network.ts";
import { Samples } from "./samples.ts";
import { BbrControl } from "./tcp/bbr.ts";
import type { CongestionControl } from "./tcp/congestion-control.ts";
import { CubicGrowth } from "./tcp/cubic.ts";
import { LossBasedControl } from "./tcp/loss-based-control.ts";
import { TcpReceiver } from "./tcp/receiver.ts";
import { RenoGrowth } from "./tcp/reno.ts";
import { FLAG, LARGEST_TOLD_WINDOW, SEGMENT_OVERHEAD, SegmentWriter, TcpSegment } from "./tcp/segment.ts";
import { TcpSender } from "./tcp/sender.ts";
import { type Flow, INTERNET_ADDRESS, type Traffic } from "./traffic.ts";

const INTERNET_PORT = 443;
const ACK_SIZE = 128;

// Linux as shipped: half of the receive buffer's 6 MiB (tcp_rmem, tcp_adv_win_scale) is the largest window.
const FIRST_WINDOW = 64 * 1024;
const LARGEST_WINDOW = 3 * 1024 * 1024;

// RFC 6298 §2.1, for the first packet of a connection.
const FIRST_RETRY = 1000;

/** The congestion controls that there are models of. */
export type ControlName = "reno" | "cubic" | "bbr";

/** A new congestion control; `phase` varies where in its cycle BBR starts. */
export function congestionControl(name: ControlName, phase = 0): CongestionControl {
  switch (name) {
    case "reno":
      return new LossBasedControl(new RenoGrowth());
    case "cubic":
      return new LossBasedControl(new CubicGrowth());
    case "bbr":
      return new BbrControl(phase);
  }
}

/** What a TCP flow is; the direction is seen from the client. */
export type TcpFlowOptions = {
  readonly direction: "up" | "down";
  readonly control: ControlName;
  /** When it begins to send. */
  readonly start?: Milliseconds;
  /** How much it sends; without end when absent. */
  readonly totalBytes?: number;
  /** Bytes of the largest window that the receiver offers; 3 MiB when absent. */
  readonly receiveWindow?: number;
  readonly usesEcn?: boolean;
  /** Where the connection is there already: the RTT of its handshake in milliseconds, -1 when it is not known. */
  readonly firstRtt?: number;
  readonly port?: number;
  readonly onEnd?: (now: Milliseconds) => void;
};

type Opening = { readonly sentAt: number; readonly retry: number; readonly retryAt: number };

/** A TCP connection that sends as fast as it may, after a handshake that the sender begins. */
export class TcpFlow implements Flow {
  readonly goodput = new Goodput();
  readonly rtts = new Samples();
  readonly sender: TcpSender;
  readonly receiver: TcpReceiver;
  readonly port: number;
  readonly #traffic: Traffic;
  readonly #segment = new TcpSegment();
  readonly #sendingSide: Side;
  readonly #receivingSide: Side;
  readonly #firstRtt: number | undefined;
  readonly #data: SegmentWriter;
  readonly #acks: SegmentWriter;
  #startAt: Milliseconds;
  #opening: Opening | undefined;

  constructor(traffic: Traffic, options: TcpFlowOptions) {
    this.#traffic = traffic;
    this.#firstRtt = options.firstRtt;
    this.port = options.port ?? traffic.takePort();
    this.#startAt = options.start ?? traffic.now;
    this.#sendingSide = options.direction === "up" ? "client" : "internet";
    this.#receivingSide = options.direction === "up" ? "internet" : "client";
    const { mtu } = traffic.network;
    const largestWindow = Math.min(options.receiveWindow ?? LARGEST_WINDOW, LARGEST_TOLD_WINDOW);
    const windows = { largestWindow, firstWindow: Math.min(FIRST_WINDOW, largestWindow) };
    this.#data = this.#writer(this.#sendingSide, mtu);
    this.#acks = this.#writer(this.#receivingSide, ACK_SIZE);
    this.sender = new TcpSender({
      ...options,
      control: congestionControl(options.control, this.port),
      segmentSize: mtu - SEGMENT_OVERHEAD,
      ...windows,
      usesEcn: options.usesEcn ?? false,
      emit: (segment) => traffic.send(this.#sendingSide, this.#data.write(segment)),
      onRtt: (rtt) => this.rtts.add(rtt),
    });
    this.receiver = new TcpReceiver({
      ...options,
      ...windows,
      emit: (segment) => traffic.send(this.#receivingSide, this.#acks.write(segment)),
      onBytes: (count, now) => this.goodput.add(count, now),
    });
    traffic.add(this.port, this);
  }

  receive(at: Side, packet: Uint8Array, now: Milliseconds): void {
    this.#segment.read(packet);
    if (this.#segment.has(FLAG.synchronize)) this.#receiveOpening(at, now);
    else if (at === this.#sendingSide) this.sender.receive(this.#segment, now);
    else this.receiver.receive(this.#segment, now);
  }

  handleTimeout(now: Milliseconds): void {
    if (this.#startAt <= now) this.#start(now);
    else if (this.#opening !== undefined && this.#opening.retryAt <= now) {
      this.#open(this.#opening.sentAt, 2 * this.#opening.retry, now);
    }
    this.sender.handleTimeout(now);
    this.receiver.handleTimeout(now);
  }

  nextTimeout(): Milliseconds {
    const opening = earliest(this.#startAt, milliseconds(this.#opening?.retryAt ?? NEVER));
    return earliest(opening, earliest(this.sender.nextTimeout(), this.receiver.nextTimeout()));
  }

  #start(now: Milliseconds): void {
    this.#startAt = NEVER;
    if (this.#firstRtt === undefined) this.#open(now, FIRST_RETRY, now);
    else this.sender.start(this.#firstRtt < 0 ? undefined : this.#firstRtt, now);
  }

  #open(sentAt: number, retry: number, now: Milliseconds): void {
    this.#opening = { sentAt, retry, retryAt: now + retry };
    this.#sendOpening(this.#sendingSide, this.#data);
  }

  #receiveOpening(at: Side, now: Milliseconds): void {
    if (at === this.#receivingSide) this.#sendOpening(at, this.#acks);
    if (at === this.#receivingSide || this.#opening === undefined) return;
    // An answer after a second attempt may be that to either.
    const { sentAt, retry } = this.#opening;
    this.#opening = undefined;
    this.sender.start(retry === FIRST_RETRY ? now - sentAt : undefined, now);
  }

  #sendOpening(from: Side, writer: SegmentWriter): void {
    const segment = this.#segment;
    segment.flags = FLAG.synchronize;
    segment.payload = 0;
    segment.sackCount = 0;
    this.#traffic.send(from, writer.write(segment));
  }

  #writer(from: Side, largestSize: number): SegmentWriter {
    const up = { source: this.#traffic.network.clientAddress, destination: INTERNET_ADDRESS };
    const ports = { source: this.port, destination: INTERNET_PORT };
    if (from === "client") return new SegmentWriter(up, ports, largestSize);
    return new SegmentWriter(reversed(up), { source: INTERNET_PORT, destination: this.port }, largestSize);
  }
}
