import { type LineOverhead, NO_OVERHEAD } from "../../shared/protocol/link/line-overhead.ts";
import {
  type Bytes,
  type BytesPerSecond,
  bytes,
  type Milliseconds,
  milliseconds,
  UNLIMITED,
} from "../../shared/protocol/units.ts";
import type { DeliveryTrace } from "./delivery-trace.ts";
import { traceRate } from "./delivery-trace.ts";
import type { LossModel } from "./loss-model.ts";

/** How much may wait in front of a line: so many bytes, or what the line carries in so many milliseconds. */
export type QueueLimit =
  | { readonly kind: "unlimited" }
  | { readonly kind: "bytes"; readonly limit: Bytes }
  | { readonly kind: "time"; readonly limit: Milliseconds };

/** One direction of one line. Sizes are those of whole IP packets; probabilities are 0 to 1 for each packet. */
export type LineOptions = {
  readonly rate: BytesPerSecond | DeliveryTrace;
  /** What the line adds to each packet: its rate counts that too, its queue does not. */
  readonly overhead: LineOverhead;
  readonly queue: QueueLimit;
  /** Packets above this size vanish without a word, as in a path-MTU black hole. */
  readonly mtu: Bytes;
  readonly delay: Milliseconds;
  /** A further delay for each packet, uniform over 0 to this. */
  readonly jitter: Milliseconds;
  /** Whether jitter, and a delay that becomes shorter, may let packets overtake each other. */
  readonly mayReorder: boolean;
  readonly loss: LossModel;
  readonly duplication: number;
  readonly corruption: number;
  /** Some packets are held back by `by`, so that later ones overtake them, whatever `mayReorder` says. */
  readonly reordering: { readonly probability: number; readonly by: Milliseconds };
};

/** A line without limits, delay or faults. */
export const PERFECT_LINE: LineOptions = {
  rate: UNLIMITED,
  overhead: NO_OVERHEAD,
  queue: { kind: "unlimited" },
  mtu: bytes(Number.POSITIVE_INFINITY),
  delay: milliseconds(0),
  jitter: milliseconds(0),
  mayReorder: false,
  loss: { kind: "none" },
  duplication: 0,
  corruption: 0,
  reordering: { probability: 0, by: milliseconds(0) },
};

/** The bytes that may wait in front of a line with these options. */
export function queueBytes({ queue, rate }: LineOptions): number {
  switch (queue.kind) {
    case "unlimited":
      return Number.POSITIVE_INFINITY;
    case "bytes":
      return queue.limit;
    case "time":
      return ((typeof rate === "number" ? rate : traceRate(rate)) * queue.limit) / 1000;
  }
}
