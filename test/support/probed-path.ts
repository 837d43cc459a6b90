import type { PathMtu } from "../../shared/protocol/link/path-mtu.ts";
import { earliest, type Milliseconds, milliseconds, NEVER } from "../../shared/protocol/units.ts";

/** A probe packet that left: its size and when. */
export type SentProbe = { readonly size: number; readonly at: Milliseconds };

/** A path in virtual time that answers the probes of a `PathMtu` which fit, one round trip later. */
export class ProbedPath {
  readonly probes: SentProbe[] = [];
  readonly #pathMtu: PathMtu;
  readonly #roundTrip: number;
  #answers: SentProbe[] = [];
  /** The largest packet that passes now; 0 when nothing does. */
  limit: number;
  /** The largest packet that the local device takes. */
  deviceLimit = Number.POSITIVE_INFINITY;
  /** Which probes are lost by chance: told the ordinal of each. */
  isLost: (ordinal: number) => boolean = () => false;
  now: Milliseconds;

  constructor(pathMtu: PathMtu, options: { limit: number; roundTrip: number }) {
    this.#pathMtu = pathMtu;
    this.limit = options.limit;
    this.#roundTrip = options.roundTrip;
    this.now = milliseconds(0);
  }

  /** Lets time pass, with everything that falls due. */
  advance(duration: number): void {
    const end = milliseconds(this.now + duration);
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error("the path MTU never comes to rest");
      const answerAt = this.#answers[0]?.at ?? NEVER;
      const next = earliest(answerAt, this.#pathMtu.nextTimeout());
      if (next > end) break;
      this.now = milliseconds(Math.max(this.now, next));
      if (answerAt <= this.now) this.#pathMtu.onProbeAcknowledged(this.#answers.shift()?.size ?? 0, this.now);
      this.#pathMtu.handleTimeout(this.now);
      this.#send();
    }
    this.now = end;
    this.#send();
  }

  #send(): void {
    for (let size = this.#poll(); size > 0; size = this.#poll()) {
      const probe = { size, at: this.now };
      const ordinal = this.probes.push(probe) - 1;
      if (size > this.deviceLimit) this.#pathMtu.onTooBig(size, this.now);
      else if (size <= this.limit && !this.isLost(ordinal))
        this.#answers.push({ size, at: milliseconds(this.now + this.#roundTrip) });
    }
  }

  #poll(): number {
    return this.#pathMtu.pollProbe(this.now);
  }
}
