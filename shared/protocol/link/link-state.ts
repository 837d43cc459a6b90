import type { Milliseconds } from "../units.ts";

/**
 * The quality of a line: whether it can carry traffic. Who the peer is, is the session's business.
 * `down`: nothing is tried (no uplink, or nothing was agreed). `probing`: the peer is being asked. `up`: it answers.
 */
export type LinkState =
  | { readonly kind: "down"; readonly reason: string; readonly since: Milliseconds }
  | {
      readonly kind: "probing";
      readonly reason: string;
      readonly since: Milliseconds;
      /** The peer has ended the link in order, rather than fallen silent. */
      readonly isClosedByPeer: boolean;
    }
  | { readonly kind: "up"; readonly reason: string; readonly since: Milliseconds };

/** What can happen to a link. */
export type LinkEvent =
  | { readonly kind: "uplink available"; readonly detail: string }
  | { readonly kind: "uplink lost"; readonly reason: string }
  | { readonly kind: "session agreed" }
  | { readonly kind: "answer" }
  | { readonly kind: "silence"; readonly silentFor: Milliseconds }
  | { readonly kind: "keys expired" }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "peer restarted" }
  | { readonly kind: "peer's uplink lost" }
  | { readonly kind: "closed by peer" };

/** The state after an event; the same object when nothing changed. */
export function transition(state: LinkState, event: LinkEvent, now: Milliseconds): LinkState {
  switch (event.kind) {
    case "uplink lost":
      return state.kind === "down" && state.reason === event.reason
        ? state
        : { kind: "down", reason: event.reason, since: now };
    case "uplink available":
      return state.kind === "down" ? probing(event.detail, now) : state;
    case "session agreed":
      return state.kind === "down" ? probing("waiting for the peer's proof", now) : state;
    case "answer":
      return state.kind === "probing" ? { kind: "up", reason: "the peer answers", since: now } : state;
    case "silence": {
      const reason = `no answer for ${(event.silentFor / 1000).toFixed(1)} s`;
      return state.kind === "up" ? probing(reason, now) : state;
    }
    case "peer's uplink lost":
      return state.kind === "up" ? probing("the peer's uplink is gone", now) : state;
    case "keys expired":
      return state.kind === "up" ? probing("its keys have expired", now) : state;
    case "refused":
      // The keys of a link that is up hold on: only its rekeying was refused.
      if (state.kind === "up") return state;
      return startProbing(state, `refused by the server: ${event.text}`, now);
    case "peer restarted":
      return startProbing(state, "the peer started anew", now);
    case "closed by peer":
      return state.kind === "down" || (state.kind === "probing" && state.isClosedByPeer)
        ? state
        : { ...probing("closed by the peer", now), isClosedByPeer: true };
  }
}

function startProbing(state: LinkState, reason: string, now: Milliseconds): LinkState {
  const isSame = state.kind === "down" || (state.kind === "probing" && state.reason === reason);
  return isSame ? state : probing(reason, now);
}

function probing(reason: string, now: Milliseconds): LinkState & { readonly kind: "probing" } {
  return { kind: "probing", reason, since: now, isClosedByPeer: false };
}
