import type { RateMeasurement } from "./rate-window.ts";

// Sizes are those of whole packets; what a packet has on average is near enough for counting.
const PACKET_SIZE = 1400;

// How many packets are remembered, and what is taken as usual before any are: as if this many had been seen.
const MEMORY = 3000;
const INITIAL_PACKETS = 50;
const INITIAL_LOSS = 0.02;

// Bursts come now and then, so that how long they are is remembered over as many packets.
const DISPERSION_MEMORY = 500;
const LARGEST_DISPERSION = 50;

// What a rise of the rate lost again, at least this share of it, was more than the line takes.
const LOST_SHARE_OF_RISE = 0.4;

/** A sudden loss above this is congestion even without a rise of the rate. */
const CONGESTION_LOSS = 0.1;

/** How many packets a measurement is about, as whole ones. */
export function packetsOf({ sentBytes }: RateMeasurement): number {
  return sentBytes / PACKET_SIZE;
}

/**
 * Tells the loss that a line always has, which is no sign of anything, from loss that comes with a rate: policers and
 * very short queues drop what is too much without any delay.
 */
export class UsualLoss {
  #packets = INITIAL_PACKETS;
  #lost = INITIAL_PACKETS * INITIAL_LOSS;
  #dispersion = 1;

  /** The share of bytes that is usually lost, 0 to 1. */
  get ratio(): number {
    return this.#lost / this.#packets;
  }

  /** What has to be sent so that so much arrives, in bytes per second, as some is always lost. */
  sentRateOf(deliveryRate: number): number {
    return deliveryRate / (1 - Math.min(0.5, this.ratio));
  }

  /** The variance of what is lost in a measurement as a multiple of its mean: 1 for a coin's, more for bursts. */
  get dispersion(): number {
    return this.#dispersion;
  }

  /** Learns from a measurement at a rate that the line carries. */
  learn(measured: RateMeasurement): void {
    const packets = packetsOf(measured);
    this.add(packets, packets * measured.loss);
  }

  /** Learns that so many packets of so many were lost at a rate that the line carries. */
  add(packets: number, lost: number): void {
    const usual = packets * Math.max(this.ratio, 0.01);
    const weight = Math.min(1, packets / DISPERSION_MEMORY);
    const dispersion = Math.min(LARGEST_DISPERSION, (lost - usual) ** 2 / usual);
    this.#dispersion = Math.max(1, this.#dispersion + (dispersion - this.#dispersion) * weight);
    const kept = Math.max(0, 1 - packets / MEMORY);
    this.#packets = this.#packets * kept + packets;
    this.#lost = this.#lost * kept + lost;
  }

  /** Whether so much is lost, at a rate that is `gain` times one the line has carried, that the line is at its end. */
  isExceededBy(measured: RateMeasurement, gain: number): boolean {
    const rise = gain > 1 ? (LOST_SHARE_OF_RISE * (gain - 1)) / gain : CONGESTION_LOSS;
    return this.isUnusual(measured) && measured.loss - this.ratio > Math.min(rise, CONGESTION_LOSS);
  }

  /** Whether clearly more is lost than what chance may add to the usual. */
  isUnusual(measured: RateMeasurement): boolean {
    const packets = packetsOf(measured);
    const usual = packets * Math.min(0.5, Math.max(this.ratio, 0.01));
    // Three standard deviations and two packets.
    return packets * measured.loss > usual + 3 * Math.sqrt(usual * this.#dispersion) + 2;
  }
}
