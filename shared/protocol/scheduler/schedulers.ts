import { EarliestArrivalScheduler } from "./earliest-arrival.ts";
import { FailoverScheduler } from "./failover.ts";
import { RedundantScheduler } from "./redundant.ts";
import type { Scheduler } from "./scheduler.ts";
import { WeightedScheduler } from "./weighted.ts";

/** The schedulers by the names that the configuration knows. */
export const SCHEDULERS = ["earliest-arrival", "weighted", "redundant", "failover"] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];

/** A scheduler for one bundle. */
export function createScheduler(name: SchedulerName): Scheduler {
  switch (name) {
    case "earliest-arrival":
      return new EarliestArrivalScheduler();
    case "weighted":
      return new WeightedScheduler();
    case "redundant":
      return new RedundantScheduler();
    case "failover":
      return new FailoverScheduler();
  }
}
