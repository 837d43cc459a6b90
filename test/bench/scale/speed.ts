import { RateSearch } from "../cases/rate-search.ts";
import { type Direction, type Load, offer, type Parties } from "./traffic.ts";

const EQUAL_LOAD = 20_000;
const MOST_OFFERED = 1_000_000;
const ALLOWED_LOSS = 0.005;
const HALVINGS = 2;
const TRIAL_SECONDS = 0.7;
// Code is compiled meanwhile, which counts for more than what it does in its first seconds.
const WARM_UP_SECONDS = 4;
// A rate that passed for a moment may not for longer.
const STEP_BACK = 0.9;
const ATTEMPTS = 3;
// A sender of which less comes than this share of what it should send is the limit itself.
const REACHED = 0.9;

/** How a server carries the packets of all its clients in one direction. */
export type Speed = {
  readonly direction: Direction;
  /** The same 20,000 packets a second for any number of clients. */
  readonly equal: Load;
  /** The highest load of which 99.5 % arrive; where the clients' process or the source gives out first, what it sent. */
  readonly most: Load;
};

/** Measures one direction: at an equal load, and at one that rises until too much is lost. */
export async function measureSpeed(parties: Parties, direction: Direction, seconds: number): Promise<Speed> {
  await offer(parties, direction, EQUAL_LOAD, WARM_UP_SECONDS);
  const equal = await offer(parties, direction, EQUAL_LOAD, seconds);
  let rate = await findRate(parties, direction);
  let most = await offer(parties, direction, rate, seconds);
  for (let attempt = 1; most.lossShare > ALLOWED_LOSS && attempt < ATTEMPTS; attempt++) {
    rate *= STEP_BACK;
    most = await offer(parties, direction, rate, seconds);
  }
  return { direction, equal, most };
}

async function findRate(parties: Parties, direction: Direction): Promise<number> {
  const options = { first: 2 * EQUAL_LOAD, most: MOST_OFFERED, allowedLoss: ALLOWED_LOSS, halvings: HALVINGS };
  const search = new RateSearch(options);
  for (let rate = search.next(); rate !== undefined; rate = search.next()) {
    const { sentPerSecond, lossShare } = await offer(parties, direction, rate, TRIAL_SECONDS);
    search.note(rate, sentPerSecond >= REACHED * rate ? lossShare : 1);
  }
  return search.best ?? EQUAL_LOAD;
}
