import { earliest, type Milliseconds, milliseconds, seconds } from "../units.ts";

/** How long a session waits for the proof that the peer has its keys. */
export const PROOF_WAIT = seconds(5);
/**
 * How long replaced keys still receive: for packets on the way, and longer than `PROOF_WAIT`, so that an initiator
 * that falls back to them is still heard.
 */
export const RETIREMENT = seconds(10);
/** The age at which a session is due to be replaced, and the one at which its keys are no longer used at all. */
export const REKEY_AGE = seconds(120);
export const MAXIMUM_AGE = seconds(180);

/**
 * Where a session stands, and until when if nothing happens.
 * `offered`: it receives and waits for the peer's proof. `trial`: it also sends already, as the peer has proved itself
 * in the handshake but may not keep the session. `proven`: it sends and receives. `retired`: it only receives.
 */
export type SessionStage =
  | { readonly kind: "offered"; readonly until: Milliseconds }
  | { readonly kind: "trial"; readonly until: Milliseconds }
  | { readonly kind: "proven"; readonly until: Milliseconds }
  | { readonly kind: "retired"; readonly until: Milliseconds };

/** What can happen to a session: a fresh authentic packet under its keys, a newer session, or the end of its stage. */
export type SessionEvent = "proof" | "superseded" | "elapsed";

/** The stage after an event; undefined when the session is over. `madeAt` is when its handshake ended. */
export function transition(
  stage: SessionStage,
  event: SessionEvent,
  madeAt: Milliseconds,
  now: Milliseconds,
): SessionStage | undefined {
  const end = milliseconds(madeAt + MAXIMUM_AGE);
  switch (stage.kind) {
    case "offered":
      if (event === "proof") return { kind: "proven", until: end };
      return event === "elapsed" ? undefined : stage;
    case "trial":
      if (event === "proof") return { kind: "proven", until: end };
      // Its proof may have been lost on the way back: it goes on receiving, and the older keys send again.
      return { kind: "offered", until: earliest(milliseconds(now + PROOF_WAIT), end) };
    case "proven":
      if (event === "superseded") return { kind: "retired", until: earliest(milliseconds(now + RETIREMENT), end) };
      return event === "elapsed" ? undefined : stage;
    case "retired":
      return event === "elapsed" ? undefined : stage;
  }
}
