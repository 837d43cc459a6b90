import type { LineCounts } from "../../emulator/line-counters.ts";
import type { LineOptions } from "../../emulator/line-options.ts";

/** A direction of a line, seen from home. */
export type Direction = "down" | "up";

/** One line that the relay emulates, between two TUN devices that it makes. */
export type RelayLine = {
  readonly name: string;
  /** What enters here goes up, to `internetDevice`. */
  readonly homeDevice: string;
  readonly internetDevice: string;
  readonly up: Partial<LineOptions>;
  readonly down: Partial<LineOptions>;
  /** The same seed loses the same packets. */
  readonly seed: number;
};

/** What one can ask the relay. `open` is the first and comes once. */
export type RelayOrder =
  | { readonly kind: "open"; readonly lines: readonly RelayLine[] }
  | { readonly kind: "cut" | "restore"; readonly line: string; readonly directions: readonly Direction[] }
  | {
      readonly kind: "change";
      readonly line: string;
      readonly options: Partial<Record<Direction, Partial<LineOptions>>>;
    }
  | { readonly kind: "counts"; readonly line: string };

export type RelayRequest = { readonly id: number; readonly order: RelayOrder };

/** The counters of both directions of a line. */
export type RelayCounts = Readonly<Record<Direction, LineCounts>>;

/** The answer to the request with this id: counters to `counts`, an error to what the relay could not do. */
export type RelayReply = { readonly id: number; readonly counts?: RelayCounts; readonly error?: string };
