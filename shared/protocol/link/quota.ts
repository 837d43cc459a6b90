import { type Bytes, bytes, bytesPerSecond } from "../units.ts";

/** What a quota leaves of a link: all of it, its use while no other link is up, or `THROTTLED_RATE`. */
export type LinkAllowance = "full" | "fallback" | "throttled";

/** The most that a link whose quota is used up sends with `quota_action = throttle`: 64 kbit/s. */
export const THROTTLED_RATE = bytesPerSecond(8000);

/** Whether a link may carry more in this period. */
export type QuotaState = { readonly kind: "ok" } | { readonly kind: "exhausted" };

/** What happened to a quota, once for each time: it was used up, or there is some again. */
export type QuotaEvent = { readonly kind: "exhausted" } | { readonly kind: "renewed" };

const OK: QuotaState = { kind: "ok" };
const EXHAUSTED: QuotaState = { kind: "exhausted" };

/**
 * What a link may carry in a period, sent and received together, in bytes of whole outer IP packets, as providers
 * count. When a period begins is not known here: who knows it says how much of the new one is used.
 */
export class LinkQuota {
  #limit: Bytes;
  #used: number;
  /** The state that the last event told of. */
  #told: QuotaState = OK;

  /** `used` is what this period's traffic came to before this start. */
  constructor(limit: Bytes, used: Bytes) {
    this.#limit = limit;
    this.#used = used;
  }

  /** Counts a datagram of the link, in either direction. */
  count(size: number): void {
    this.#used += size;
  }

  /** Says what is used of the period: 0 or little when a new one began. */
  setUsed(used: Bytes): void {
    this.#used = used;
  }

  /** Changes the limit within the period. */
  setLimit(limit: Bytes): void {
    this.#limit = limit;
  }

  get limit(): Bytes {
    return this.#limit;
  }

  get used(): Bytes {
    return bytes(this.#used);
  }

  /** What is left of the period's bytes; 0 when more was used than the limit. */
  get remaining(): Bytes {
    return bytes(Math.max(0, this.#limit - this.#used));
  }

  get state(): QuotaState {
    return this.#used < this.#limit ? OK : EXHAUSTED;
  }

  /** What happened since the last call; undefined when the state is still the same. */
  pollEvent(): QuotaEvent | undefined {
    const { state } = this;
    if (state.kind === this.#told.kind) return undefined;
    this.#told = state;
    return state.kind === "exhausted" ? { kind: "exhausted" } : { kind: "renewed" };
  }
}
