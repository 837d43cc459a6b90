import { type BytesPerSecond, bytesPerSecond, type Milliseconds, milliseconds } from "../units.ts";

/** What one report told the sender; the object is used again for the next. */
export class Acknowledgement {
  now = milliseconds(0);
  /** Whether the report is newer than all before it; an overtaken one only says which packets arrived. */
  isNewest = false;
  acknowledgedBytes = 0;
  lostBytes = 0;
  /** What is left in flight. */
  inFlightBytes = 0;
  /** All bytes that arrived on the link so far, over all sessions. */
  deliveredBytes = 0;
  /** When the highest packet was sent, and its size; undefined when the report tells of no new highest packet. */
  sentAt: Milliseconds | undefined = undefined;
  size = 0;
  /** All bytes that were sent on the link up to that packet. */
  sentBytes = 0;
  /** When that packet arrived, by the receiver's clock set to some unknown time, without wrapping. */
  arrival = milliseconds(0);
  /** The way there and back of that packet, without the time that the receiver held the report. */
  roundTrip: Milliseconds | undefined = undefined;
  /** The rate at which the latest flight arrived; undefined when it cannot be told. */
  deliveryRate: BytesPerSecond | undefined = undefined;
  /** For how long, in milliseconds altogether, the link had been given less than it could send before that packet. */
  idleTime = 0;

  /** Makes it an empty answer that came now. */
  clear(now: Milliseconds): void {
    this.now = now;
    this.isNewest = false;
    this.acknowledgedBytes = 0;
    this.lostBytes = 0;
    this.sentAt = undefined;
    this.roundTrip = undefined;
    this.deliveryRate = undefined;
  }
}

/** Where the state of delivery is noted with each packet; the columns of `SendStamps`. */
export type FlightColumns = {
  readonly sentAt: Float64Array;
  readonly deliveredBefore: Float64Array;
  readonly deliveredAt: Float64Array;
  readonly flightStart: Float64Array;
};

/** The state of delivery when a packet is sent. */
export type FlightStamp = { deliveredBefore: number; deliveredAt: number; flightStart: number };

// Intervals below this are those of a burst, not of a line.
const SHORTEST_INTERVAL = milliseconds(2);

// No clock and no queue changes a delay by so much between two reports: the peer's clock is another one.
const CLOCK_JUMP = milliseconds(10_000);

// The smallest delay is forgotten at this rate, in milliseconds per millisecond: clocks drift, and routes change.
const FORGETTING = 0.001;

/**
 * Delivery rate estimation (draft-ietf-ccwg-bbr, "Delivery Rate Samples"), with one change: the time of delivery is
 * the receiver's own, so what happens to reports on their way back does not disturb it.
 */
export class DeliveryClock {
  #delivered = 0;
  #deliveredAt = milliseconds(Number.NaN);
  #flightStart = milliseconds(0);
  #lastSentAt = milliseconds(0);
  #lastArrival: number | undefined;
  #delay = 0;
  #smallestDelay = 0;
  #validFrom = milliseconds(Number.NEGATIVE_INFINITY);

  /** All bytes that arrived. */
  get delivered(): number {
    return this.#delivered;
  }

  deliver(bytes: number): void {
    this.#delivered += bytes;
  }

  /** Starts a flight after everything had arrived or was lost: its time begins when its first packet can arrive. */
  restartFlight(now: Milliseconds): void {
    this.#flightStart = now;
    if (this.#lastArrival !== undefined) this.#deliveredAt = milliseconds(now + this.#smallestDelay);
  }

  /** Notes the state of delivery for a packet that is sent. */
  stamp(stamp: FlightStamp): void {
    stamp.deliveredBefore = this.#delivered;
    stamp.deliveredAt = this.#deliveredAt;
    stamp.flightStart = this.#flightStart;
  }

  /** Takes the arrival time (microseconds, 32 bits) of the packet in a row, and puts what follows into `result`. */
  sample(columns: FlightColumns, index: number, arrival: number, result: Acknowledgement): void {
    const sentAt = milliseconds(columns.sentAt[index] ?? 0);
    this.#followArrival(arrival, sentAt, result.now);
    result.arrival = milliseconds(sentAt + this.#delay);
    this.#deliveredAt = result.arrival;
    const sendElapsed = sentAt - (columns.flightStart[index] ?? 0);
    const arrivalElapsed = result.arrival - (columns.deliveredAt[index] ?? Number.NaN);
    this.#flightStart = sentAt;
    const interval = Math.max(sendElapsed, arrivalElapsed);
    // Not so for an unknown time of delivery either, which is not a number.
    if (sentAt < this.#validFrom || !(interval >= SHORTEST_INTERVAL)) return;
    result.deliveryRate = bytesPerSecond(
      ((this.#delivered - (columns.deliveredBefore[index] ?? 0)) * 1000) / interval,
    );
  }

  /** Follows the receiver's clock through its wraps: the delay is what it was, but for a change. */
  #followArrival(arrival: number, sentAt: Milliseconds, now: Milliseconds): void {
    const elapsed = sentAt - this.#lastSentAt;
    const before = this.#lastArrival;
    this.#lastArrival = arrival;
    this.#lastSentAt = sentAt;
    const change = before === undefined ? 0 : ((arrival - before - Math.round(elapsed * 1000)) | 0) / 1000;
    if (before === undefined) this.#delay = arrival / 1000 - sentAt;
    this.#delay += change;
    const isJump = before === undefined || Math.abs(change) > CLOCK_JUMP;
    if (isJump) this.#validFrom = now;
    const forgotten = this.#smallestDelay + elapsed * FORGETTING;
    this.#smallestDelay = isJump ? this.#delay : Math.min(this.#delay, forgotten);
  }
}
