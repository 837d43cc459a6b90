import { type Bytes, bytes, earliest, type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";

// RFC 8899 §5.1.1 and §5.1.2. Its PROBE_TIMER is one second or more, or follows from the path's RTT where that is known.
const MAX_PROBES = 3;
const INITIAL_PROBE_TIMER = seconds(1);
const PMTU_RAISE_TIMER = seconds(600);

// A probe waits behind what stands in the modem's queue, which the smoothed RTT of an idle line does not tell.
const MINIMUM_PROBE_TIMER = milliseconds(200);
// RFC 8899 §5.1.1 leaves CONFIRMATION_TIMER open. A black hole stalls every full-size packet, and a probe costs little.
const CONFIRMATION_TIMER = seconds(10);
// Ethernet, PPPoE, tunnels of IP in IP, GRE, 6in4, WireGuard, LTE and the IPv6 minimum: the usual answers.
const LADDER = [1500, 1492, 1480, 1472, 1460, 1440, 1420, 1400, 1380, 1350, 1300, 1280].map(bytes);
const RESOLUTION = 4;
// When not even the current size was answered the path was silent, which says nothing of sizes.
const SILENCE_TIMER = seconds(5);
const AT_ONCE = milliseconds(0);

type Probe = {
  readonly size: Bytes;
  sent: number;
  /** When the last one sent counts as lost; undefined when one is to be sent now. */
  answerBy: Milliseconds | undefined;
  /** Whether it is sent because the kernel refused a packet that should have passed. */
  readonly followsRefusal: boolean;
};

/**
 * The largest IP packet that one link carries to the peer, found by probe packets (RFC 8899). The usual sizes are all
 * probed at once, so that one round trip settles the usual case; what lies between the largest good and the smallest
 * bad size is then halved. A size is good when its probe was answered, and bad when three in a row were not although
 * a smaller one was. All sizes are those of whole IP packets on the line. Only a link that is up is to be polled.
 */
export class PathMtu {
  readonly #base: Bytes;
  #maximum: Bytes;
  #current: Bytes;
  /** The smallest size that is known not to pass; above the maximum when none is. */
  #smallestBad = 0;
  #probes: Probe[] = [];
  /** Whether any probe of this search was answered, and whether any search has ended since the path was new. */
  #isAnswered = false;
  #isFound = false;
  #confirmation: Probe | undefined;
  #probeTimer = INITIAL_PROBE_TIMER;
  #isInUse = false;
  #confirmAt = NEVER;
  #raiseAt = NEVER;

  /** `base` is taken to pass without a probe; `maximum` is the device's MTU or the operator's. */
  constructor(options: { readonly base: Bytes; readonly maximum: Bytes }) {
    this.#base = options.base;
    this.#maximum = options.maximum;
    this.#current = smaller(options.base, options.maximum);
    this.#isFound = this.#current === options.maximum;
    this.#search(options.maximum + 1);
  }

  /** The largest size known to pass. */
  get current(): Bytes {
    return this.#current;
  }

  /** Whether the size is still to be found; an attempt to raise one that was found does not count. */
  get isSearching(): boolean {
    return !this.#isFound;
  }

  /** Says how long an answer may take on this link, by its round-trip time; at least 200 ms are waited. */
  setProbeTimer(timeout: Milliseconds): void {
    this.#probeTimer = milliseconds(Math.max(MINIMUM_PROBE_TIMER, timeout));
  }

  /** Notes that a packet of this size was sent: a size above the base that is in use is confirmed from time to time. */
  onSent(size: number): void {
    if (size > this.#base) this.#isInUse = true;
  }

  /** The size of a probe packet that is to be sent now, 0 for none; to be called until it is 0. */
  pollProbe(now: Milliseconds): number {
    this.#startDue(now);
    const due = isUnsent(this.#confirmation) ? this.#confirmation : this.#probes.find(isUnsent);
    if (due === undefined) return 0;
    due.sent++;
    due.answerBy = milliseconds(now + this.#probeTimer);
    return due.size;
  }

  /** Takes the peer's answer to a probe of this size; true when `current` changed. */
  onProbeAcknowledged(size: number, now: Milliseconds): boolean {
    if (size > this.#maximum || size < this.#current) return false;
    this.#isAnswered = true;
    this.#confirmation = undefined;
    this.#isInUse = false;
    this.#confirmAt = milliseconds(now + CONFIRMATION_TIMER);
    if (this.#probes.length === 0 && size === this.#current) return false;
    const isLarger = size > this.#current;
    this.#current = bytes(size);
    // An answer that came after its probe was given up is an answer nevertheless.
    if (size >= this.#smallestBad) this.#search(this.#maximum + 1);
    else this.#probes = this.#probes.filter((probe) => probe.size > size);
    this.#refineOrComplete(now);
    return isLarger;
  }

  /**
   * Takes the kernel's word that a packet of this size is too long to be sent; true when `current` changed. The kernel
   * may have it from ICMP that anybody can forge, so a size in use is only given up when it refuses a probe as well, or
   * nobody answers that; and never the base (RFC 8899 §4.6.2).
   */
  onTooBig(size: number, now: Milliseconds): boolean {
    if (size <= this.#base) return false;
    if (size <= this.#current) return this.#confirmAfterRefusal(size, now);
    this.#smallestBad = Math.min(this.#smallestBad, size);
    this.#probes = this.#probes.filter((probe) => probe.size < size);
    this.#refineOrComplete(now);
    return false;
  }

  /** Changes the maximum, as when the device's MTU changed, and searches again; true when `current` changed. */
  setMaximum(size: Bytes, now: Milliseconds): boolean {
    if (size === this.#maximum) return false;
    this.#maximum = size;
    return this.#fallTo(smaller(this.#current, size), size + 1, now);
  }

  /** Confirms the current size at once, as when large packets seem to be lost and small ones not. */
  onSuspicion(now: Milliseconds): void {
    this.#isInUse = true;
    this.#confirmAt = earliest(this.#confirmAt, now);
  }

  /** Falls to the base and searches anew, as when the link comes up on another path; true when `current` changed. */
  restart(now: Milliseconds): boolean {
    this.#isFound = false;
    return this.#fallTo(smaller(this.#base, this.#maximum), this.#maximum + 1, now);
  }

  /** Judges probes that were not answered in time; true when `current` changed. */
  handleTimeout(now: Milliseconds): boolean {
    // RFC 8899 §4.3: a size that passed and is not answered any more is a black hole.
    if (this.#confirmation !== undefined && repeatOrGiveUp(this.#confirmation, now)) return this.restart(now);
    const failed = this.#probes.filter((probe) => repeatOrGiveUp(probe, now)).map(({ size }) => size);
    if (failed.length === 0) return false;
    this.#smallestBad = Math.min(this.#smallestBad, ...failed.filter((size) => size > this.#current));
    this.#probes = this.#probes.filter(({ size }) => size < this.#smallestBad && !failed.includes(size));
    this.#refineOrComplete(now);
    return false;
  }

  /** When to call `handleTimeout` and `pollProbe` again; in the past while a probe waits to be sent. */
  nextTimeout(): Milliseconds {
    let timeout = this.#raiseAt;
    for (const { answerBy } of this.#probes) timeout = earliest(timeout, answerBy ?? AT_ONCE);
    if (this.#confirmation !== undefined) return earliest(timeout, this.#confirmation.answerBy ?? AT_ONCE);
    return this.#needsConfirmation() ? earliest(timeout, this.#confirmAt) : timeout;
  }

  #needsConfirmation(): boolean {
    return this.#isInUse && this.#current > this.#base;
  }

  #startDue(now: Milliseconds): void {
    if (this.#needsConfirmation() && now >= this.#confirmAt) this.#confirmation ??= unsent(this.#current);
    if (now >= this.#raiseAt) this.#search(this.#maximum + 1);
  }

  #confirmAfterRefusal(size: number, now: Milliseconds): boolean {
    if (this.#confirmation?.followsRefusal !== true) {
      this.#isInUse = true;
      this.#confirmation = { ...unsent(this.#current), followsRefusal: true };
      return false;
    }
    return this.#confirmation.sent > 0 && this.#fallTo(smaller(this.#base, this.#maximum), size, now);
  }

  #fallTo(size: Bytes, smallestBad: number, now: Milliseconds): boolean {
    const isChanged = size !== this.#current;
    this.#current = size;
    this.#isFound &&= !isChanged;
    if (isChanged) {
      this.#confirmation = undefined;
      this.#confirmAt = NEVER;
    }
    this.#search(smallestBad);
    this.#refineOrComplete(now);
    return isChanged;
  }

  #search(smallestBad: number): void {
    this.#smallestBad = smallestBad;
    this.#isAnswered = false;
    this.#raiseAt = NEVER;
    const usual = [this.#maximum, ...LADDER.filter((size) => size < this.#maximum), this.#base];
    const sizes = usual.filter((size) => size > this.#current && size < smallestBad);
    this.#probes = sizes.length > 0 ? [...new Set(sizes), this.#current].map(unsent) : [];
  }

  /** When nothing is being probed: halves what is left between good and bad, or ends the search. */
  #refineOrComplete(now: Milliseconds): void {
    if (this.#probes.length > 0) return;
    const gap = this.#smallestBad - this.#current;
    if (gap > RESOLUTION && this.#isAnswered) {
      this.#probes = [unsent(bytes(this.#current + Math.floor(gap / 2)))];
      return;
    }
    this.#isFound ||= this.#isAnswered || this.#current === this.#maximum;
    const timer = this.#isAnswered ? PMTU_RAISE_TIMER : SILENCE_TIMER;
    this.#raiseAt = this.#current < this.#maximum ? milliseconds(now + timer) : NEVER;
  }
}

const unsent = (size: Bytes): Probe => ({ size, sent: 0, answerBy: undefined, followsRefusal: false });

const isUnsent = (probe: Probe | undefined): boolean => probe !== undefined && probe.answerBy === undefined;

/** Lets an overdue probe be sent once more, or returns true when it was sent in vain for the last time. */
function repeatOrGiveUp(probe: Probe, now: Milliseconds): boolean {
  if (probe.answerBy === undefined || probe.answerBy > now) return false;
  if (probe.sent >= MAX_PROBES) return true;
  probe.answerBy = undefined;
  return false;
}

const smaller = (a: Bytes, b: Bytes): Bytes => (a < b ? a : b);
