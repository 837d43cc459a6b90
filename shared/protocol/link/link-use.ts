import type { Milliseconds } from "../units.ts";

/** Whether a link that is up gets traffic, and why not; the reasons are for people. */
export type LinkUse =
  | { readonly kind: "used" }
  /** As the operator wants it: others go first. */
  | { readonly kind: "reserved"; readonly reason: string }
  /** It was measured to do harm: it is tried again from `until` on. */
  | { readonly kind: "benched"; readonly reason: string; readonly until: Milliseconds };

export const USED: LinkUse = { kind: "used" };
