import type { Growth } from "./loss-based-control.ts";

/** Reno's congestion avoidance (RFC 5681): a segment more per round trip, half after a loss. */
export class RenoGrowth implements Growth {
  reduced(window: number): number {
    return window >> 1;
  }

  acksPerSegment(window: number): number {
    return window;
  }

  endsSlowStart(): boolean {
    return false;
  }

  onTimeout(): void {
    // Reno keeps nothing that a timeout would make wrong.
  }
}
