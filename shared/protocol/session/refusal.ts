import { decodeText, encodeText } from "./text.ts";

/** Why a responder refuses a link, by the number that it sends. */
export const REFUSAL_REASONS = {
  other: 0,
  "address-taken": 1,
  "client-disabled": 2,
  "client-unknown": 3,
  "too-many-clients": 4,
  "too-many-links": 5,
  "no-common-cipher": 6,
  "unsupported-option": 7,
  "shutting-down": 8,
} as const;
export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** A responder's answer that says no: the reason, and at most 128 bytes of UTF-8 for the operator of the client. */
export type RefusedLink = { readonly kind: "refused"; readonly reason: RefusalReason; readonly text: string };

const TEXT_LIMIT = 128;

/** The data of the LCP Terminate-Request that refuses a link (RFC 1661 §5.5): the reason in one byte, then the text. */
export function encodeRefusal(refusal: RefusedLink): Uint8Array {
  return Uint8Array.of(REFUSAL_REASONS[refusal.reason], ...encodeText(refusal.text, TEXT_LIMIT));
}

/** The refusal in the data of a Terminate-Request; a reason that is not known is `other`. Undefined when malformed. */
export function decodeRefusal(data: Uint8Array): RefusedLink | undefined {
  const number = data[0];
  const text = decodeText(data.subarray(1), TEXT_LIMIT);
  return number === undefined || text === undefined ? undefined : { kind: "refused", reason: reasonOf(number), text };
}

function reasonOf(number: number): RefusalReason {
  const isReason = (name: string): name is RefusalReason => name in REFUSAL_REASONS;
  const found = Object.entries(REFUSAL_REASONS).find(([, code]) => code === number)?.[0];
  return found !== undefined && isReason(found) ? found : "other";
}
