import type { Decision } from "../protocol/decisions.ts";
import { type Milliseconds, seconds } from "../protocol/units.ts";
import { LimitedLog } from "./limited-log.ts";
import type { Logger } from "./log.ts";
import { useText } from "./use-text.ts";

const SILENCE_INTERVAL = seconds(60);
const CONFIGURED_INTERVAL = seconds(3600);

/** Whether a decision is written to the log; the rest is for `hawser explain`, or logged as a change of the link. */
export function isLogged({ kind }: Decision): boolean {
  return kind === "silent" || kind === "configured rate" || kind === "use";
}

/**
 * Writes decisions that an operator cares about to the log: what links are used for, silence once a minute, a wrong rate
 * once an hour, for each link.
 */
export class DecisionLog {
  readonly #log: Logger;
  readonly #silence: LimitedLog;
  readonly #configured: LimitedLog;

  constructor(log: Logger, now: () => Milliseconds) {
    this.#log = log;
    this.#silence = new LimitedLog(log, SILENCE_INTERVAL, now);
    this.#configured = new LimitedLog(log, CONFIGURED_INTERVAL, now);
  }

  /** Writes a decision; `place` names the bundle where there are several. */
  write(decision: Decision, place: { readonly client?: string } = {}): void {
    const fields = { ...place, link: decision.link };
    const where = `${place.client ?? ""}/${decision.link}`;
    if (decision.kind === "use") {
      this.#log.info(fields, `link ${useText(decision.use, decision.reason, decision.retryMs)}`);
    }
    if (decision.kind === "silent") {
      const { unansweredMs, unansweredPackets } = decision;
      const values = { ...fields, unansweredMs, unansweredPackets };
      this.#silence.warn(where, values, "the link went silent: its packets take other links");
    }
    if (decision.kind === "configured rate" && decision.verdict !== "plausible") {
      const { verdict, configuredBytesPerSecond, foundBytesPerSecond } = decision;
      const values = { ...fields, configuredBytesPerSecond, foundBytesPerSecond };
      const message =
        verdict === "too high" ? "the configured rate is too high" : "the configured rate may be too low";
      this.#configured.warn(`${where} ${verdict}`, values, message);
    }
  }

  /** Says what was left out; for shutdown. */
  flush(): void {
    this.#silence.flush();
    this.#configured.flush();
  }
}
