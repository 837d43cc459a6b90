import * as v from "valibot";
import { SCHEDULERS, type SchedulerName } from "../protocol/scheduler/schedulers.ts";

/** Which scheduler is asked for, and by what to replace it: all bundles unless one is named; no `to`, no change. */
export type SchedulerRequest = { readonly bundle?: string | undefined; readonly to?: SchedulerName | undefined };

/** The scheduler of one bundle, for what this end sends; `before` is the same where nothing was changed. */
export type BundleScheduler = { readonly name: string; readonly scheduler: string; readonly before: string };

/** The schedulers of a data plane once the request was done. */
export type BundleSchedulers = {
  readonly bundles: readonly BundleScheduler[];
  /** What bundles get that begin from now on; null where none will. */
  readonly newBundles: string | null;
};

/** What a daemon says of its schedulers. */
export type SchedulerAnswer = BundleSchedulers & {
  readonly version: string;
  readonly role: "client" | "server";
  readonly interfaceName: string;
};

/** The check of a scheduler's name that came from outside. */
export const SCHEDULER_NAME = v.picklist(SCHEDULERS);

const SCHEDULER_ANSWER: v.GenericSchema<unknown, SchedulerAnswer> = v.looseObject({
  version: v.string(),
  role: v.picklist(["client", "server"]),
  interfaceName: v.string(),
  bundles: v.array(v.looseObject({ name: v.string(), scheduler: v.string(), before: v.string() })),
  newBundles: v.nullable(v.string()),
});

/** The answer in a value parsed from JSON, or in words what is wrong with it. */
export function parseSchedulerAnswer(value: unknown): { answer: SchedulerAnswer } | { error: string } {
  const result = v.safeParse(SCHEDULER_ANSWER, value);
  return result.success ? { answer: result.output } : { error: v.summarize(result.issues) };
}
