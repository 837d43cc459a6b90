import type { Milliseconds } from "../../../shared/protocol/units.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import type { BondedNetwork } from "./bonded-network.ts";

/** Something that happens to a line at a time after the start of the flows; a list of them is in order of time. */
export type LineChange = { readonly at: Milliseconds; readonly line: number } & (
  | { readonly kind: "cut" | "restore" }
  | { readonly kind: "options"; readonly up?: Partial<LineOptions>; readonly down?: Partial<LineOptions> }
);

/** Lets a change happen now. */
export function applyChange(network: BondedNetwork, change: LineChange): void {
  switch (change.kind) {
    case "cut":
      network.cut(change.line);
      return;
    case "restore":
      network.restore(change.line);
      return;
    case "options":
      network.ups[change.line]?.change(change.up ?? {}, network.now);
      network.downs[change.line]?.change(change.down ?? {}, network.now);
  }
}
