import * as v from "valibot";
import { SCHEDULER_NAME } from "./scheduler-switch.ts";

/** What a client of the control socket may ask, one line of JSON each. */
const CONTROL_REQUEST = v.variant("request", [
  v.strictObject({ request: v.literal("status") }),
  v.strictObject({
    request: v.literal("explain"),
    bundle: v.optional(v.string()),
    link: v.optional(v.string()),
  }),
  v.strictObject({
    request: v.literal("scheduler"),
    bundle: v.optional(v.string()),
    to: v.optional(SCHEDULER_NAME),
  }),
  v.strictObject({
    request: v.literal("capture"),
    bundle: v.optional(v.string()),
    link: v.optional(v.string()),
    direction: v.optional(v.picklist(["sent", "received"])),
    count: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  }),
]);

export type ControlRequest = v.InferOutput<typeof CONTROL_REQUEST>;

/** The request in a line of JSON, or in words why it is none. */
export function parseControlRequest(line: string): { request: ControlRequest } | { error: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: "the request is not JSON" };
  }
  const result = v.safeParse(CONTROL_REQUEST, value);
  return result.success ? { request: result.output } : { error: `unknown request: ${v.summarize(result.issues)}` };
}
