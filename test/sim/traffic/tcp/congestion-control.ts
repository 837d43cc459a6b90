/** What one acknowledgement has told, as far as congestion controls want to know; one is used again and again. */
export class AckReport {
  /** Milliseconds. */
  now = 0;
  /** Segments that were acknowledged or selectively acknowledged for the first time, and those found to be lost. */
  newlyDelivered = 0;
  newlyLost = 0;
  /** Segments of all the connection's life that were delivered, this acknowledgement's included. */
  delivered = 0;
  /** Segments in flight before this acknowledgement, and now. */
  inFlightBefore = 0;
  inFlight = 0;
  /** Whether the cumulative acknowledgement advanced. */
  hasAdvanced = false;
  /** Whether the window may grow: the acknowledgement advanced, or packets are known to come out of order. */
  mayGrow = false;
  /** The first segment that is not acknowledged, and the next to be sent. */
  first = 0;
  next = 0;
  /** The round-trip time in milliseconds of what was sent last and is delivered now, or -1. */
  rtt = -1;
  smallestRtt = Number.POSITIVE_INFINITY;
  smoothedRtt = 0;
  /** Delivery rate (tcp_rate.c): segments delivered over so many milliseconds; an interval of -1 is no sample. */
  rateSegments = 0;
  rateInterval = -1;
  /** The count of delivered segments when the sample's segment was sent. */
  deliveredBefore = 0;
  /** Whether the sample's segment was sent when there was too little to send. */
  isApplicationLimited = false;
  isRecovering = false;
  /** Whether the window, and not the application or the receiver, held the sender back. */
  isWindowLimited = false;
  /** The most segments that were out in the last round. */
  mostOut = 0;
}

/** Why a control has to reduce its window; another timeout is one before the last was made good. */
export type CongestionCause = "loss" | "ecn" | "timeout" | "another timeout";

/** How much a sender may have in flight, and how fast it may send. Sizes are in segments. */
export interface CongestionControl {
  readonly window: number;
  /** Where slow start ends; infinite before the first congestion, and where a control has none. */
  readonly threshold: number;
  /** Segments per millisecond; infinite when nothing paces. */
  readonly pacingRate: number;
  /** Whether it keeps less in flight than the line carries, so that delivery rates say nothing of the line. */
  readonly isHoldingBack: boolean;
  /** Takes the RTT of the handshake. */
  onConnected(rtt: number): void;
  /** Notes a segment that was sent, whether for the first time or again. */
  onSent(): void;
  onAck(report: AckReport): void;
  /** The sender enters recovery, or was told of congestion, or timed out, with so much in flight. */
  onCongestion(cause: CongestionCause, inFlight: number, now: number): void;
  /** All that was sent before the congestion is acknowledged. */
  onRecoveryEnd(now: number): void;
  /** The reduction turned out to be wrong. */
  onUndo(now: number): void;
}

/** The window that a connection starts with (RFC 6928). */
export const INITIAL_WINDOW = 10;

// Linux sends what a pacing rate allows in a millisecond at once, as far as one super-packet holds it.
const BURST_DURATION = 1.024;
const LEAST_BURST = 2;
const LARGEST_BURST = 44;
// BBR sends single segments below 1.2 Mbit/s, as long as a segment is a full one.
const SLOW_RATE = 0.1;

/** How many segments leave at once at a pacing rate in segments per millisecond. */
export function burstOf(pacingRate: number): number {
  const least = pacingRate < SLOW_RATE ? 1 : LEAST_BURST;
  return Math.max(least, Math.min(LARGEST_BURST, Math.floor(pacingRate * BURST_DURATION)));
}
