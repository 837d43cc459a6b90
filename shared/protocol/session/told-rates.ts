import { type RateLimits, rateLimits } from "../link/configured-rate.ts";
import { type BytesPerSecond, bytesPerSecond, UNLIMITED } from "../units.ts";

/** The limits behind rates as an offer or an answer tells them: `UNLIMITED` is what is to be found. */
export function limitsTold(maximum: BytesPerSecond, minimum?: BytesPerSecond): RateLimits {
  if (maximum === UNLIMITED || minimum === undefined || minimum >= maximum) return rateLimits(maximum);
  return { kind: "range", minimum, maximum };
}

/** The most that limits allow: the rate to tell the other end. */
export function maximumOf(limits: RateLimits): BytesPerSecond {
  if (limits.kind === "auto") return UNLIMITED;
  return limits.kind === "ceiling" ? limits.rate : limits.maximum;
}

/** The least that a line is said to carry, where that is another than the most. */
export function minimumOf(limits: RateLimits): BytesPerSecond | undefined {
  return limits.kind === "range" ? limits.minimum : undefined;
}

/** What holds when both ends limit a link: the smaller maximum, and the smaller minimum of those that were given. */
export function strictest(one: RateLimits, other: RateLimits): RateLimits {
  const maximum = bytesPerSecond(Math.min(maximumOf(one), maximumOf(other)));
  const minimum = Math.min(minimumOf(one) ?? UNLIMITED, minimumOf(other) ?? UNLIMITED);
  return limitsTold(maximum, minimum === UNLIMITED ? undefined : bytesPerSecond(minimum));
}
