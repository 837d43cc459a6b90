import type { BundleExplanation, ExplanationFilter } from "../../observe/explanation.ts";
import type { BundleSchedulers, SchedulerRequest } from "../../observe/scheduler-switch.ts";
import type { BundleStatus } from "../../observe/status-snapshot.ts";
import type { TappedFrame } from "./frame-tap.ts";

/** What every data-plane thread can be asked; `Command` is what only this daemon's can. */
export type ThreadRequest<Command> =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "status"; readonly id: number }
  | { readonly kind: "explain"; readonly id: number; readonly filter: ExplanationFilter }
  | { readonly kind: "scheduler"; readonly id: number; readonly request: SchedulerRequest }
  | { readonly kind: "capture"; readonly isWanted: boolean }
  | { readonly kind: "captured"; readonly bytes: number }
  /** Ends the thread in order: peers are told, sockets and the TUN device closed. */
  | { readonly kind: "stop" };

/** What the data plane of a daemon knows of itself. */
export type ThreadStatus = {
  readonly bundles: readonly BundleStatus[];
  readonly drops: Readonly<Record<string, number>>;
};

/** What every data-plane thread says; `Event` is what only this daemon's does. */
export type ThreadReport<Event> =
  /** `refusal` is the code with which the kernel refused the wanted priority; null when it did not. */
  | {
      readonly kind: "ready";
      readonly wakeFd: number;
      readonly interfaceName: string;
      readonly refusal: string | null;
    }
  /** The start failed, or the thread ends by itself: what a `SystemError` says. */
  | { readonly kind: "failed"; readonly code: string; readonly operation: string; readonly hint: string }
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "status"; readonly id: number; readonly status: ThreadStatus }
  | { readonly kind: "explanation"; readonly id: number; readonly bundles: readonly BundleExplanation[] }
  | { readonly kind: "schedulers"; readonly id: number; readonly schedulers: BundleSchedulers }
  | { readonly kind: "frames"; readonly frames: readonly TappedFrame[] };
