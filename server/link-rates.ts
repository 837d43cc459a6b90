import type { RateLimits } from "../shared/protocol/link/configured-rate.ts";
import type { LinkOffer } from "../shared/protocol/session/link-offer.ts";
import { limitsTold, strictest } from "../shared/protocol/session/told-rates.ts";

/** What the server's file says of a link's rates; `client` is undefined for that link of every client. */
export type LinkRates = {
  readonly client: string | undefined;
  readonly link: string;
  /** The server's sending rate. */
  readonly download: RateLimits | undefined;
  /** The client's sending rate. */
  readonly upload: RateLimits | undefined;
};

/** The limits of a link's two directions as the server has them. */
export type LinkLimits = { readonly sendLimits: RateLimits; readonly receiveLimits: RateLimits };

const AUTO: RateLimits = { kind: "auto" };

/** What holds for a client's link: what its offer tells, within what the server's file says of the link. */
export function linkLimits(linkRates: readonly LinkRates[], client: string, offer: LinkOffer): LinkLimits {
  const own = linkRates.find((rates) => rates.client === client && rates.link === offer.linkName);
  const common = linkRates.find((rates) => rates.client === undefined && rates.link === offer.linkName);
  return {
    sendLimits: strictest(
      own?.download ?? common?.download ?? AUTO,
      limitsTold(offer.receiveRate, offer.line.downloadMinimum),
    ),
    receiveLimits: strictest(own?.upload ?? common?.upload ?? AUTO, limitsTold(offer.sendRate)),
  };
}
