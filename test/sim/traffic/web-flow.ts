import { earliest, type Milliseconds, milliseconds, NEVER } from "../../../shared/protocol/units.ts";
import { reversed } from "./ip4.ts";
import type { Side } from "./network.ts";
import { Samples } from "./samples.ts";
import { FLAG, SegmentWriter, TcpSegment } from "./tcp/segment.ts";
import { type ControlName, TcpFlow } from "./tcp-flow.ts";
import { type Flow, INTERNET_ADDRESS, type Traffic } from "./traffic.ts";

const INTERNET_PORT = 443;
const REQUEST_SIZE = 400;
const FIRST_RETRY = 1000;
const WINDOW = 64 * 1024;

/** What short downloads are. */
export type WebFlowOptions = {
  /** Bytes of an answer. */
  readonly size: number;
  /** From the start of one to the start of the next. */
  readonly interval: Milliseconds;
  readonly control?: ControlName;
  readonly start?: Milliseconds;
};

/** Short downloads at a steady interval, each by a connection of its own: handshake, request, answer. */
export class WebFlow implements Flow {
  readonly #traffic: Traffic;
  readonly #options: WebFlowOptions;
  readonly #transfers: { readonly startedAt: number; endedAt: number }[] = [];
  #nextAt: Milliseconds;

  constructor(traffic: Traffic, options: WebFlowOptions) {
    this.#traffic = traffic;
    this.#options = options;
    this.#nextAt = options.start ?? traffic.now;
    traffic.add(traffic.takePort(), this);
  }

  receive(): void {
    // Every transfer has a port of its own.
  }

  handleTimeout(now: Milliseconds): void {
    const { size, interval, control = "cubic" } = this.#options;
    const transfer = { startedAt: now, endedAt: Number.NaN };
    this.#transfers.push(transfer);
    const onEnd = (endedAt: Milliseconds): void => {
      transfer.endedAt = endedAt;
    };
    new Transfer(this.#traffic, { size, control, onEnd });
    this.#nextAt = milliseconds(now + interval);
  }

  nextTimeout(): Milliseconds {
    return this.#nextAt;
  }

  /** How long transfers took that began between two times, in milliseconds, and how many are not at their end. */
  result(from: Milliseconds, until: Milliseconds): { readonly times: Samples; readonly unfinished: number } {
    const times = new Samples();
    let unfinished = 0;
    for (const { startedAt, endedAt } of this.#transfers) {
      if (startedAt < from || startedAt >= until) continue;
      if (Number.isNaN(endedAt)) unfinished++;
      else times.add(endedAt - startedAt);
    }
    return { times, unfinished };
  }
}

type TransferOptions = {
  readonly size: number;
  readonly control: ControlName;
  readonly onEnd: (now: Milliseconds) => void;
};

type TransferState =
  | { readonly kind: "connecting" | "asking"; readonly since: number; retryAt: number; retry: number }
  | { readonly kind: "receiving" };

/** One download: the client connects, asks, and gets the answer. */
class Transfer implements Flow {
  readonly #traffic: Traffic;
  readonly #options: TransferOptions;
  readonly #port: number;
  readonly #segment = new TcpSegment();
  readonly #client: SegmentWriter;
  readonly #server: SegmentWriter;
  #state: TransferState;
  #answer: TcpFlow | undefined;
  #isOver = false;

  constructor(traffic: Traffic, options: TransferOptions) {
    this.#traffic = traffic;
    this.#options = options;
    this.#port = traffic.takePort();
    const up = { source: traffic.network.clientAddress, destination: INTERNET_ADDRESS };
    const ports = { source: this.#port, destination: INTERNET_PORT };
    this.#client = new SegmentWriter(up, ports, REQUEST_SIZE + 128);
    this.#server = new SegmentWriter(reversed(up), { source: INTERNET_PORT, destination: this.#port }, 128);
    traffic.add(this.#port, this);
    this.#state = this.#wait("connecting");
    this.#ask();
  }

  receive(at: Side, packet: Uint8Array, now: Milliseconds): void {
    this.#segment.read(packet);
    const isOpening = this.#segment.has(FLAG.synchronize);
    if (at === "internet") this.#receiveAtServer(isOpening, packet, now);
    else if (!isOpening) this.#receiveAtClient(packet, now);
    else if (this.#state.kind === "connecting") {
      this.#state = this.#wait("asking");
      this.#ask();
    }
  }

  handleTimeout(now: Milliseconds): void {
    if (this.#state.kind !== "receiving" && this.#state.retryAt <= now) {
      this.#state.retry *= 2;
      this.#state.retryAt = now + this.#state.retry;
      this.#ask();
    }
    if (this.#answer !== undefined && this.#answer.nextTimeout() <= now) this.#answer.handleTimeout(now);
    if (this.#isOver && this.#answer?.sender.isDone !== false) this.#traffic.remove(this.#port);
  }

  nextTimeout(): Milliseconds {
    const retryAt = this.#state.kind === "receiving" ? NEVER : milliseconds(this.#state.retryAt);
    return earliest(retryAt, this.#answer?.nextTimeout() ?? NEVER);
  }

  #receiveAtServer(isOpening: boolean, packet: Uint8Array, now: Milliseconds): void {
    if (isOpening) this.#sendOpening("internet");
    else if (this.#answer !== undefined) this.#answer.receive("internet", packet, now);
    else this.#startAnswer(now);
    if (this.#isOver && this.#answer?.sender.isDone === true) this.#traffic.remove(this.#port);
  }

  #receiveAtClient(packet: Uint8Array, now: Milliseconds): void {
    this.#state = { kind: "receiving" };
    this.#answer?.receive("client", packet, now);
  }

  #startAnswer(now: Milliseconds): void {
    const { size, control, onEnd } = this.#options;
    const firstRtt = this.#state.kind === "asking" ? now - this.#state.since : undefined;
    this.#answer = new TcpFlow(this.#traffic, {
      direction: "down",
      control,
      totalBytes: size,
      port: this.#port,
      firstRtt: firstRtt === undefined ? -1 : 2 * firstRtt,
      onEnd: (endedAt) => {
        this.#isOver = true;
        onEnd(endedAt);
      },
    });
    this.#traffic.add(this.#port, this);
  }

  #ask(): void {
    if (this.#state.kind === "connecting") this.#sendOpening("client");
    else this.#sendRequest();
  }

  #sendOpening(from: Side): void {
    const segment = this.#segment;
    segment.flags = FLAG.synchronize;
    segment.payload = 0;
    segment.sackCount = 0;
    this.#traffic.send(from, (from === "client" ? this.#client : this.#server).write(segment));
  }

  #sendRequest(): void {
    const segment = this.#segment;
    segment.flags = FLAG.acknowledge | FLAG.push;
    segment.acknowledgement = 0;
    segment.window = WINDOW;
    segment.payload = REQUEST_SIZE;
    segment.sackCount = 0;
    this.#traffic.send("client", this.#client.write(segment));
  }

  #wait(kind: "connecting" | "asking"): TransferState {
    const { now } = this.#traffic;
    return { kind, since: now, retryAt: now + FIRST_RETRY, retry: FIRST_RETRY };
  }
}
