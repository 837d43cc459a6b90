import { type BytesPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { serialOf } from "../support/ip-packets.ts";
import { CE, NOT_ECT, QueueDriver } from "../support/queue-driver.ts";

const FIRST_WINDOW = 10;
const MILLISECONDS_PER_SECOND = 1000;
const QUEUE_LIMIT = 2_000_000;
const TIMEOUT = 1000;

/** What a flow sends: full windows, as a TCP download does, or one packet in each `gap` milliseconds. */
export type QueueFlowOptions = {
  readonly size: number;
  readonly roundTrip: number;
  readonly codepoint?: number;
  readonly gap?: number;
};

type Happening = { readonly at: number; readonly act: () => void };

/** A line of one rate in virtual time behind a fair queue, and flows over it. */
export class QueueLine {
  readonly driver = new QueueDriver({ cells: 2048, limit: QUEUE_LIMIT });
  readonly flows: QueueFlow[] = [];
  readonly #happenings: Happening[] = [];
  readonly #millisecondsPerByte: number;
  #isBusy = false;
  now = 0;

  constructor(rate: BytesPerSecond) {
    this.#millisecondsPerByte = MILLISECONDS_PER_SECOND / rate;
    this.driver.queue.setRate(rate);
  }

  addFlow(options: QueueFlowOptions): QueueFlow {
    const flow = new QueueFlow(this, this.flows.length, options);
    this.flows.push(flow);
    return flow;
  }

  /** How long a packet of `size` bytes takes, in milliseconds. */
  packetTime(size: number): number {
    return size * this.#millisecondsPerByte;
  }

  runUntil(end: number): void {
    for (let next = this.#happenings[0]; next !== undefined && next.at <= end; next = this.#happenings[0]) {
      this.#happenings.shift();
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }

  after(delay: number, act: () => void): void {
    const at = this.now + delay;
    let place = this.#happenings.length;
    while (place > 0 && (this.#happenings[place - 1]?.at ?? 0) > at) place--;
    this.#happenings.splice(place, 0, { at, act });
  }

  /** Queues a packet, and serves the queue when the line is free. */
  send(flow: number, serial: number, { size, codepoint }: QueueFlowOptions): void {
    this.driver.push({ flow, serial, size, codepoint: codepoint ?? NOT_ECT }, this.now);
    this.driver.cells.recycle();
    if (!this.#isBusy) this.#serve();
  }

  #serve(): void {
    const { queue, fragment } = this.driver;
    this.#isBusy = queue.peek(fragment, milliseconds(this.now));
    if (!this.#isBusy) return;
    const frame = this.driver.send(fragment.length);
    const packet = frame.subarray(1);
    const flow = this.flows[fragment.trafficClass];
    const isMarked = ((packet[1] ?? 0) & CE) === CE;
    flow?.onLeft(serialOf(packet), isMarked);
    this.after(this.packetTime(packet.length), () => this.#serve());
  }
}

/** A flow that a window governs by Reno's rules, or that sends evenly; it notes how long its packets waited. */
export class QueueFlow {
  readonly #line: QueueLine;
  readonly #index: number;
  readonly #options: QueueFlowOptions;
  readonly #sentAt: number[] = [];
  #window = FIRST_WINDOW;
  #threshold = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #expected = 0;
  #recovered = 0;
  #lastHeard = 0;
  waits: number[] = [];
  lost = 0;
  marked = 0;

  constructor(line: QueueLine, index: number, options: QueueFlowOptions) {
    this.#line = line;
    this.#index = index;
    this.#options = options;
    line.after(index * 7, () => (options.gap === undefined ? this.#fill() : this.#tick(options.gap)));
    if (options.gap === undefined) this.#watch();
  }

  /** How many bytes were carried since the counts were last reset. */
  get carried(): number {
    return this.waits.length * this.#options.size;
  }

  reset(): void {
    this.waits = [];
    this.lost = 0;
    this.marked = 0;
  }

  onLeft(serial: number, isMarked: boolean): void {
    this.waits.push(this.#line.now - (this.#sentAt[serial] ?? 0));
    if (isMarked) this.marked++;
    const { roundTrip, size } = this.#options;
    this.#line.after(roundTrip + this.#line.packetTime(size), () => this.#onAcknowledged(serial, isMarked));
  }

  #onAcknowledged(serial: number, isMarked: boolean): void {
    const lost = serial - this.#expected;
    this.#expected = serial + 1;
    this.#lastHeard = this.#line.now;
    this.#inFlight -= Math.min(this.#inFlight, lost + 1);
    this.lost += lost;
    if (lost > 0 || isMarked) this.#reduce(serial);
    else this.#window += this.#window < this.#threshold ? 1 : 1 / this.#window;
    if (this.#options.gap === undefined) this.#fill();
  }

  /** Once in a round trip. */
  #reduce(serial: number): void {
    if (serial < this.#recovered) return;
    this.#recovered = this.#sentAt.length;
    this.#window = Math.max(2, this.#window / 2);
    this.#threshold = this.#window;
  }

  #fill(): void {
    while (this.#inFlight < Math.floor(this.#window)) {
      this.#inFlight++;
      this.#send();
    }
  }

  #tick(gap: number): void {
    this.#send();
    this.#line.after(gap, () => this.#tick(gap));
  }

  #send(): void {
    this.#sentAt.push(this.#line.now);
    this.#line.send(this.#index, this.#sentAt.length - 1, this.#options);
  }

  #watch(): void {
    if (this.#line.now - this.#lastHeard > TIMEOUT) this.#inFlight = 0;
    if (this.#inFlight === 0) this.#fill();
    this.#line.after(TIMEOUT, () => this.#watch());
  }
}
