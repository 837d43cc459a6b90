import type { RateLimits } from "../../shared/protocol/link/configured-rate.ts";
import { Pacer } from "../../shared/protocol/link/pacer.ts";
import { QualityReporter } from "../../shared/protocol/link/quality-reporter.ts";
import { RateEstimator } from "../../shared/protocol/link/rate-estimator.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { bytes, type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import {
  LARGEST_QUALITY_REPORT,
  QualityReport,
  readQualityReport,
} from "../../shared/protocol/wire/quality-report.ts";
import { LineEmulator } from "../emulator/line-emulator.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { recordWatched } from "./watched.ts";

const SESSION = 7;
const PACKET_SIZE = 1428;
const SEALED_OUTER_SIZE = 52;
const TICK = 1;
const LONGEST_BACKLOG = 100 * PACKET_SIZE;

type Packet = { readonly number: number; readonly size: number };

/** A line to try an estimator on, and how it is used. */
export type RateTrialOptions = {
  readonly line: Partial<LineOptions>;
  readonly limits: RateLimits;
  readonly seed: number;
  /** Bytes per second that the application offers at a time; absent: always more than the line carries. */
  readonly offered?: (now: Milliseconds) => number;
  /** By how much the receiver's clock is ahead of the sender's at a time, in milliseconds. */
  readonly clockError?: (now: Milliseconds) => number;
  readonly back?: Partial<LineOptions>;
};

/** What happened in a part of a trial. */
export type RateTrialResult = {
  /** Bytes per second that left the line's queue, lost ones by chance included; and that arrived. */
  readonly carried: number;
  readonly arrived: number;
  /** The 95th percentile over time of what waited in the line, in milliseconds of its rate. */
  readonly queue95: number;
  readonly queueMaximum: number;
};

/**
 * One direction of one link in virtual time: a sender with pacer and estimator, a line, a receiver that reports over a
 * line back. Wake-ups are a millisecond apart, as a busy daemon's.
 */
export class RateTrial {
  readonly estimator: RateEstimator;
  readonly sent: SentPackets;
  readonly line: LineEmulator<Packet>;
  readonly roundTripTime = new RoundTripTime();
  readonly #back: LineEmulator<Uint8Array>;
  readonly #pacer: Pacer;
  readonly #reporter = new QualityReporter();
  readonly #report = new QualityReport();
  readonly #options: RateTrialOptions;
  #now = milliseconds(0);
  #nextNumber = 0;
  #backlog = 0;
  #received = 0;
  #rate: number;
  reports = 0;
  reportBytes = 0;

  constructor(options: RateTrialOptions) {
    this.#options = options;
    this.line = new LineEmulator(options.line, options.seed);
    this.#back = new LineEmulator(options.back ?? { delay: options.line.delay ?? milliseconds(0) }, options.seed + 1);
    this.sent = new SentPackets(this.roundTripTime);
    this.sent.restart(SESSION);
    this.estimator = new RateEstimator(options.limits, this.roundTripTime, this.#now);
    this.#pacer = new Pacer(this.estimator.rate, milliseconds(2));
    this.#rate = typeof options.line.rate === "number" ? options.line.rate : 0;
  }

  get now(): Milliseconds {
    return this.#now;
  }

  /** Changes the line from now on. */
  change(options: Partial<LineOptions>): void {
    this.line.change(options, this.#now);
    if (typeof options.rate === "number") this.#rate = options.rate;
  }

  /** Lets so much time pass and says what happened in it. */
  run(duration: Milliseconds): RateTrialResult {
    const end = this.#now + duration;
    const before = this.line.counts();
    const receivedBefore = this.#received;
    const queues: number[] = [];
    while (this.#now < end) {
      this.#now = milliseconds(this.#now + TICK);
      this.#step();
      queues.push((this.line.queuedBytes * 1000) / this.#rate);
    }
    const after = this.line.counts();
    queues.sort((a, b) => a - b);
    const carried =
      after.delivered.bytes - before.delivered.bytes + after.dropped.loss.bytes - before.dropped.loss.bytes;
    return {
      carried: (carried * 1000) / duration,
      arrived: ((this.#received - receivedBefore) * 1000) / duration,
      queue95: queues[Math.floor(queues.length * 0.95)] ?? 0,
      queueMaximum: queues.at(-1) ?? 0,
    };
  }

  #step(): void {
    const now = this.#now;
    this.line.receive(now, (packet) => this.#arrive(packet));
    if (this.#reporter.isDue(this.#receiverNow())) this.#sendReport();
    this.#back.receive(now, (frame) => this.#handleReport(frame));
    if (this.sent.nextTimeout() <= now) this.sent.handleTimeout(now);
    this.#send();
  }

  #send(): void {
    const now = this.#now;
    const { offered } = this.#options;
    if (offered !== undefined)
      this.#backlog = Math.min(LONGEST_BACKLOG, this.#backlog + (offered(now) * TICK) / 1000);
    else this.#backlog = Number.POSITIVE_INFINITY;
    while (this.#pacer.isFree(now) && this.sent.hasRoom(this.estimator.inFlightLimit)) {
      if (this.#backlog < PACKET_SIZE) return;
      this.#backlog -= PACKET_SIZE;
      const packet = { number: this.#nextNumber++, size: PACKET_SIZE };
      this.#pacer.charge(packet.size, now);
      recordWatched(this.sent, packet.number, packet.size, now, 0, 0, this.#pacer.idleTime);
      this.line.send(packet, bytes(packet.size), now);
    }
  }

  #arrive({ number, size }: Packet): void {
    this.#received += size;
    this.#reporter.onPacket(SESSION, number, size, true, this.#receiverNow());
  }

  #sendReport(): void {
    const frame = new Uint8Array(LARGEST_QUALITY_REPORT);
    const size = this.#reporter.write(frame, 0, SEALED_OUTER_SIZE, this.#receiverNow());
    this.reports++;
    this.reportBytes += size + SEALED_OUTER_SIZE;
    this.#back.send(frame.subarray(0, size), bytes(size + SEALED_OUTER_SIZE), this.#now);
  }

  #handleReport(frame: Uint8Array): void {
    if (!readQualityReport(frame, 0, frame.length, this.#report)) throw new Error("a report that cannot be read");
    if (!this.sent.hasRoom(this.estimator.inFlightLimit)) this.#pacer.onBlocked(this.#now);
    const outcome = this.sent.acknowledge(this.#report, this.#now);
    if (outcome === undefined) throw new Error("a report that fits nothing");
    this.estimator.onAcknowledgement(outcome);
    this.#pacer.setRate(this.estimator.rate, this.#now);
  }

  #receiverNow(): Milliseconds {
    return milliseconds(this.#now + (this.#options.clockError?.(this.#now) ?? 5_000_000));
  }
}
