import {
  type Bytes,
  type BytesPerSecond,
  bytes,
  bytesPerSecond,
  type Milliseconds,
  milliseconds,
} from "../../shared/protocol/units.ts";

/**
 * A line whose rate is a recorded trace, as Mahimahi's: at each time of `opportunities` (ascending, from the start of
 * the trace) `bytesPerOpportunity` may leave; an opportunity that finds no packet is wasted. The trace repeats, and
 * its last time is its period.
 */
export type DeliveryTrace = {
  readonly opportunities: readonly Milliseconds[];
  readonly bytesPerOpportunity: Bytes;
};

/** Reads a Mahimahi trace: one whole millisecond a line, each an opportunity of 1500 bytes. Throws a RangeError. */
export function parseTrace(text: string): DeliveryTrace {
  const opportunities = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, index, lines) => {
      const time = Number(line);
      const earlier = Number(lines[index - 1] ?? 0);
      if (!(time >= earlier))
        throw new RangeError(`trace line ${index + 1}: ${line}: expected a time not before ${earlier}`);
      return milliseconds(time);
    });
  if (!((opportunities.at(-1) ?? 0) > 0))
    throw new RangeError("a trace needs a last time above 0, which is its period");
  return { opportunities, bytesPerOpportunity: bytes(1500) };
}

/** The mean rate of a trace. */
export function traceRate({ opportunities, bytesPerOpportunity }: DeliveryTrace): BytesPerSecond {
  return bytesPerSecond((opportunities.length * bytesPerOpportunity * 1000) / (opportunities.at(-1) ?? 1));
}

/** The bytes that may leave before a time after a trace's start, if there always is something to send. */
export function traceBytes({ opportunities, bytesPerOpportunity }: DeliveryTrace, until: number): number {
  const period = opportunities.at(-1) ?? 1;
  const laps = Math.floor(until / period);
  let count = laps * opportunities.length;
  for (const at of opportunities) if (at <= until - laps * period) count++;
  return count * bytesPerOpportunity;
}

/** Where in its trace a line is; packets are served one after another. */
export class TraceCursor {
  readonly #trace: DeliveryTrace;
  readonly #period: number;
  #index = 0;
  #lapStart: number;
  #bytesLeft: number;

  /** `start` is when the trace begins. */
  constructor(trace: DeliveryTrace, start: Milliseconds) {
    this.#trace = trace;
    this.#period = trace.opportunities.at(-1) ?? 1;
    this.#lapStart = start;
    this.#bytesLeft = trace.bytesPerOpportunity;
  }

  /** Takes the opportunities for `size` bytes that are ready at `from`, and says when the last byte has left. */
  serve(size: number, from: Milliseconds): Milliseconds {
    this.#skipTo(from);
    let remaining = size;
    while (remaining > this.#bytesLeft) {
      remaining -= this.#bytesLeft;
      this.#next();
    }
    this.#bytesLeft -= remaining;
    return milliseconds(this.#time());
  }

  #skipTo(from: number): void {
    const laps = Math.floor((from - this.#lapStart) / this.#period) - 1;
    if (laps > 0) this.#lapStart += laps * this.#period;
    while (this.#time() < from || this.#bytesLeft <= 0) this.#next();
  }

  #time(): number {
    return this.#lapStart + (this.#trace.opportunities[this.#index] ?? this.#period);
  }

  #next(): void {
    this.#bytesLeft = this.#trace.bytesPerOpportunity;
    this.#index += 1;
    if (this.#index < this.#trace.opportunities.length) return;
    this.#index = 0;
    this.#lapStart += this.#period;
  }
}
