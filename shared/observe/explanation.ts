import * as v from "valibot";
import type { DecisionRecord } from "../protocol/decisions.ts";
import type { Milliseconds } from "../protocol/units.ts";
import { decisionText } from "./decision-text.ts";

/** A decision as `hawser explain` shows it: when, in words, and with the values that it was made by. */
export type ExplainedDecision = {
  /** How long ago it was made, the last time; `sinceMs` is the first time, when it was made several times in a row. */
  readonly ageMs: number;
  readonly sinceMs: number;
  readonly times: number;
  readonly link: string;
  readonly kind: string;
  readonly text: string;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
};

/** The last decisions in a bundle, the newest last. */
export type BundleExplanation = {
  readonly name: string;
  /** The links that the bundle has now. */
  readonly links: readonly string[];
  readonly decisions: readonly ExplainedDecision[];
};

/** What a daemon says of its last decisions. */
export type Explanation = {
  readonly version: string;
  readonly role: "client" | "server";
  readonly interfaceName: string;
  readonly bundles: readonly BundleExplanation[];
};

/** Which decisions are asked for: all, those about links of this name, or of this bundle. */
export type ExplanationFilter = { readonly bundle?: string | undefined; readonly link?: string | undefined };

/** Puts decisions into words. */
export function explainDecisions(records: readonly DecisionRecord[], now: Milliseconds): ExplainedDecision[] {
  return records.map(({ decision, at, since, times }) => {
    const { link, kind, ...values } = decision;
    return { ageMs: now - at, sinceMs: now - since, times, link, kind, text: decisionText(decision), values };
  });
}

const DECISION = v.looseObject({
  ageMs: v.number(),
  sinceMs: v.number(),
  times: v.number(),
  link: v.string(),
  kind: v.string(),
  text: v.string(),
  values: v.record(v.string(), v.nullable(v.union([v.string(), v.number(), v.boolean()]))),
});

const EXPLANATION: v.GenericSchema<unknown, Explanation> = v.looseObject({
  version: v.string(),
  role: v.picklist(["client", "server"]),
  interfaceName: v.string(),
  bundles: v.array(v.looseObject({ name: v.string(), links: v.array(v.string()), decisions: v.array(DECISION) })),
});

/** The explanation in a value parsed from JSON, or in words what is wrong with it. */
export function parseExplanation(value: unknown): { answer: Explanation } | { error: string } {
  const result = v.safeParse(EXPLANATION, value);
  return result.success ? { answer: result.output } : { error: v.summarize(result.issues) };
}
