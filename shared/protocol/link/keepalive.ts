import { earliest, type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";

// A busy link asks at this pace, so that a cut under load is found within DEAD_FLOOR.
const BUSY_INTERVAL = milliseconds(100);

// A link that carries nothing while others do is asked at this pace: which one is nearest, only present round trips tell.
const COMPARING_INTERVAL = milliseconds(1000);

// A link that was silent is asked at this pace until it answers.
const PROBE_INTERVAL = milliseconds(500);

// The link is dead when at least this many requests in a row, spread over at least this long, had no answer.
const DEAD_REQUESTS = 4;
const DEAD_FLOOR = milliseconds(400);

// A long line's timeout settles just above its round trip (RFC 6298); delay that rises by this is no death.
const DEAD_SLACK = milliseconds(200);

const REMEMBERED = 32;

/** How a keepalive behaves: who asks on an idle link, and how often. */
export type KeepaliveOptions = {
  readonly interval: Milliseconds;
  /** The side that opened the link asks while it is idle; the other only listens. */
  readonly asksWhenIdle: boolean;
  /** How long answers must be missing on a link in use before it is dead; undefined: as soon as it is sure. */
  readonly deadAfter: Milliseconds | undefined;
};

/**
 * LCP Echo (RFC 1661 §5.8) as keepalive and clock of one link: decides when to ask, and from the answers whether the
 * link is alive and how long the way there and back takes. Silence counts from the first request without an answer.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #sentAt = new Float64Array(REMEMBERED);
  readonly #isProbe = new Uint8Array(REMEMBERED);
  #serial = 0;
  #unanswered = 0;
  #answered = 0;
  #lastRequest: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);
  #firstUnanswered: Milliseconds | undefined;
  #heardAt: Milliseconds;
  #carriedSinceRequest = false;
  #othersCarried = false;

  constructor(options: KeepaliveOptions, now: Milliseconds) {
    this.#options = options;
    this.#heardAt = now;
  }

  /** Notes that user data left on this link. */
  onCarried(): void {
    this.#carriedSinceRequest = true;
  }

  /** Whether user data left on this link since it asked last. */
  get isInUse(): boolean {
    return this.#carriedSinceRequest;
  }

  /** Notes that user data leaves on links that this one could take the place of. */
  onOthersCarried(): void {
    this.#othersCarried = true;
  }

  /** Notes that anything authentic came from the peer. */
  onHeard(now: Milliseconds): void {
    this.#heardAt = now;
  }

  /** Notes that a request leaves now, and returns the serial number that it must carry. */
  onRequest(now: Milliseconds): number {
    this.#lastRequest = now;
    this.#carriedSinceRequest = false;
    this.#othersCarried = false;
    this.#unanswered++;
    this.#firstUnanswered ??= now;
    return this.#remember(now, false);
  }

  /** As `onRequest`, for one that is as large as a path-MTU probe: no answer may only mean that it did not fit. */
  onProbe(now: Milliseconds): number {
    return this.#remember(now, true);
  }

  /** The round-trip time of an answered request, or undefined when the serial number is old or unknown. */
  onAnswer(serial: number, now: Milliseconds): Milliseconds | undefined {
    if (serial > this.#serial || serial <= this.#serial - REMEMBERED || serial <= 0) return undefined;
    const roundTrip = milliseconds(now - (this.#sentAt[serial % REMEMBERED] ?? now));
    if (serial > this.#answered) {
      this.#answered = serial;
      this.#countUnanswered();
    }
    return roundTrip;
  }

  /** Notes that something arrived at the peer that was sent at `sentAt`, as it reports: what was asked before is answered. */
  onArrived(sentAt: Milliseconds): void {
    if (this.#firstUnanswered === undefined || this.#firstUnanswered > sentAt) return;
    const isEarlier = (serial: number): boolean => (this.#sentAt[serial % REMEMBERED] ?? 0) <= sentAt;
    this.#answered = Math.max(this.#answered, this.#serial - REMEMBERED);
    while (this.#answered < this.#serial && isEarlier(this.#answered + 1)) this.#answered++;
    this.#countUnanswered();
  }

  /** When the next request is due; `patience` is how long an answer may take before one asks again. */
  requestDue(isUp: boolean, patience: Milliseconds): Milliseconds {
    if (!isUp) return milliseconds(this.#lastRequest + PROBE_INTERVAL);
    const busy = milliseconds(this.#lastRequest + BUSY_INTERVAL);
    if (this.#carriedSinceRequest) return busy;
    const idle = this.#idleRequestDue();
    if (this.#firstUnanswered === undefined) return idle;
    return earliest(idle, milliseconds(Math.max(busy, this.#firstUnanswered + patience)));
  }

  /** When the link has to be called dead if nothing is heard until then. */
  deadAt(roundTripTimeout: Milliseconds): Milliseconds {
    const floor = this.#options.deadAfter ?? DEAD_FLOOR;
    const listening = this.#options.asksWhenIdle
      ? NEVER
      : milliseconds(this.#heardAt + 3.5 * this.#options.interval + floor);
    if (this.#firstUnanswered === undefined || this.#unanswered < DEAD_REQUESTS) return listening;
    const patience = Math.max(floor, roundTripTimeout + DEAD_SLACK);
    const unanswered = milliseconds(this.#firstUnanswered + patience);
    return earliest(listening, unanswered);
  }

  /** How long the peer has owed an answer, or been silent. */
  silentFor(now: Milliseconds): Milliseconds {
    return milliseconds(now - (this.#firstUnanswered ?? this.#heardAt));
  }

  #idleRequestDue(): Milliseconds {
    const interval = this.#options.asksWhenIdle ? this.#options.interval : NEVER;
    return milliseconds(
      this.#lastRequest + (this.#othersCarried ? Math.min(interval, COMPARING_INTERVAL) : interval),
    );
  }

  #remember(now: Milliseconds, isProbe: boolean): number {
    const serial = ++this.#serial;
    this.#sentAt[serial % REMEMBERED] = now;
    this.#isProbe[serial % REMEMBERED] = isProbe ? 1 : 0;
    return serial;
  }

  #countUnanswered(): void {
    this.#firstUnanswered = undefined;
    this.#unanswered = 0;
    for (let serial = this.#answered + 1; serial <= this.#serial; serial++) {
      if (this.#isProbe[serial % REMEMBERED] === 1) continue;
      this.#firstUnanswered ??= milliseconds(this.#sentAt[serial % REMEMBERED] ?? 0);
      this.#unanswered++;
    }
  }
}

/** The default of `keepalive`: often enough for the shortest NAT mappings seen, rare enough for metered lines. */
export const DEFAULT_KEEPALIVE = seconds(5);
