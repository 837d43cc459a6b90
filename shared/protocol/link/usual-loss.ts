import type { RateMeasurement } from "./rate-window.ts";

// Sizes are those of whole packets; what a packet has on average is near enough for counting.
const PACKET_SIZE = 1400;

// How many packets are remembered, and what is taken as usual before any are: as if this many had been seen.
const MEMORY = 3000;
const INITIAL_PACKETS = 50;
const INITIAL_LOSS = 0.02;

// What a rise of the rate lost again, at least this share of it, was more than the line takes.
const LOST_SHARE_OF_RISE = 0.4;

/** A sudden loss above this is congestion even without a rise of the rate. */
const CONGESTION_LOSS = 0.1;

/**
 * Tells the loss that a line always has, which is no sign of anything, from loss that comes with a rate: policers and
 * very short queues drop what is too much without any delay.
 */
export class UsualLoss {
  #packets = INITIAL_PACKETS;
  #lost = INITIAL_PACKETS * INITIAL_LOSS;

  /** The share of bytes that is usually lost, 0 to 1. */
  get ratio(): number {
    return this.#lost / this.#packets;
  }

  /** What has to be sent so that so much arrives, in bytes per second, as some is always lost. */
  sentRateOf(deliveryRate: number): number {
    return deliveryRate / (1 - Math.min(0.5, this.ratio));
  }

  /** Learns from a measurement at a rate that the line carries. */
  learn({ sentBytes, loss }: RateMeasurement): void {
    const packets = sentBytes / PACKET_SIZE;
    const kept = Math.max(0, 1 - packets / MEMORY);
    this.#packets = this.#packets * kept + packets;
    this.#lost = this.#lost * kept + packets * loss;
  }

  /** Whether so much is lost, at a rate that is `gain` times one the line has carried, that the line is at its end. */
  isExceededBy({ sentBytes, loss }: RateMeasurement, gain: number): boolean {
    const usual = Math.min(0.5, Math.max(this.ratio, 0.01));
    const packets = sentBytes / PACKET_SIZE;
    // Three standard deviations and two packets: bursts of loss are wider than a coin's.
    const chance = packets * usual + 3 * Math.sqrt(packets * usual) + 2;
    if (packets * loss <= chance) return false;
    const rise = gain > 1 ? (LOST_SHARE_OF_RISE * (gain - 1)) / gain : CONGESTION_LOSS;
    return loss - this.ratio > Math.min(rise, CONGESTION_LOSS);
  }
}
