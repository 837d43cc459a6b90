import { earliest, type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
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
import { SEGMENT_OVERHEAD, SegmentWriter, TcpSegment } from "./tcp/segment.ts";
import { TcpSender } from "./tcp/sender.ts";
import { type Flow, INTERNET_ADDRESS, type Traffic } from "./traffic.ts";

const INTERNET_PORT = 443;
const ACK_SIZE = 128;

// Linux's largest receive buffer as shipped (tcp_rmem).
const RECEIVE_WINDOW = 6 * 1024 * 1024;

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
  /** Bytes; 6 MiB when absent. */
  readonly receiveWindow?: number;
  readonly usesEcn?: boolean;
  /** The RTT of a handshake that was there before. */
  readonly firstRtt?: number;
  readonly port?: number;
  readonly onEnd?: (now: Milliseconds) => void;
};

/** A TCP connection that sends as fast as it may. */
export class TcpFlow implements Flow {
  readonly goodput = new Goodput();
  readonly rtts = new Samples();
  readonly sender: TcpSender;
  readonly receiver: TcpReceiver;
  readonly port: number;
  readonly #segment = new TcpSegment();
  readonly #sendingSide: Side;
  #startAt: Milliseconds;

  constructor(traffic: Traffic, options: TcpFlowOptions) {
    this.port = options.port ?? traffic.takePort();
    this.#startAt = options.start ?? traffic.now;
    this.#sendingSide = options.direction === "up" ? "client" : "internet";
    const receivingSide: Side = options.direction === "up" ? "internet" : "client";
    const { mtu } = traffic.network;
    const window = options.receiveWindow ?? RECEIVE_WINDOW;
    const data = this.#writer(traffic, this.#sendingSide, mtu);
    const acks = this.#writer(traffic, receivingSide, ACK_SIZE);
    this.sender = new TcpSender({
      ...options,
      control: congestionControl(options.control, this.port),
      segmentSize: mtu - SEGMENT_OVERHEAD,
      largestWindow: window,
      usesEcn: options.usesEcn ?? false,
      emit: (segment) => traffic.send(this.#sendingSide, data.write(segment)),
      onRtt: (rtt) => this.rtts.add(rtt),
    });
    this.receiver = new TcpReceiver({
      ...options,
      window,
      emit: (segment) => traffic.send(receivingSide, acks.write(segment)),
      onBytes: (count, now) => this.goodput.add(count, now),
    });
    traffic.add(this.port, this);
  }

  receive(at: Side, packet: Uint8Array, now: Milliseconds): void {
    this.#segment.read(packet);
    if (at === this.#sendingSide) this.sender.receive(this.#segment, now);
    else this.receiver.receive(this.#segment, now);
  }

  handleTimeout(now: Milliseconds): void {
    if (this.#startAt <= now) {
      this.#startAt = milliseconds(Number.POSITIVE_INFINITY);
      this.sender.start(now);
    }
    this.sender.handleTimeout(now);
    this.receiver.handleTimeout(now);
  }

  nextTimeout(): Milliseconds {
    const started = this.#startAt === Number.POSITIVE_INFINITY;
    if (!started) return this.#startAt;
    return earliest(this.sender.nextTimeout(), this.receiver.nextTimeout());
  }

  #writer(traffic: Traffic, from: Side, largestSize: number): SegmentWriter {
    const up = { source: traffic.network.clientAddress, destination: INTERNET_ADDRESS };
    const ports = { source: this.port, destination: INTERNET_PORT };
    if (from === "client") return new SegmentWriter(up, ports, largestSize);
    return new SegmentWriter(reversed(up), { source: INTERNET_PORT, destination: this.port }, largestSize);
  }
}
