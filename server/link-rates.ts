import type { BytesPerSecond } from "../shared/protocol/units.ts";

/** Rates of a link that stand above what the client says; `client` is undefined for that link of every client. */
export type LinkRates = {
  readonly client: string | undefined;
  readonly link: string;
  /** The server's sending rate. */
  readonly downloadRate: BytesPerSecond | undefined;
  /** The client's sending rate. */
  readonly uploadRate: BytesPerSecond | undefined;
};

/** The rates that the server's file sets for a link: those for this client's link, else those for every client's. */
export function linkRatesFor(linkRates: readonly LinkRates[], client: string, link: string): LinkRates {
  const own = linkRates.find((rates) => rates.client === client && rates.link === link);
  const common = linkRates.find((rates) => rates.client === undefined && rates.link === link);
  return {
    client,
    link,
    downloadRate: own?.downloadRate ?? common?.downloadRate,
    uploadRate: own?.uploadRate ?? common?.uploadRate,
  };
}
