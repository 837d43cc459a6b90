import { type RateLimits, rateLimits } from "../../shared/protocol/link/configured-rate.ts";
import { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { SecurityAssociation } from "../../shared/protocol/seal/security-association.ts";
import { type LineTerms, PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";
import {
  type BytesPerSecond,
  type Milliseconds,
  megabitsPerSecond,
  milliseconds,
  seconds,
} from "../../shared/protocol/units.ts";

const ROWS = 1024;

// So fast that no pacer is ever busy for longer than its burst.
const FASTEST = megabitsPerSecond(10_000);

/** What a test may want of a link. */
export type TestLinkOptions = {
  readonly ordinal?: number;
  readonly sendRate?: BytesPerSecond;
  /** In place of `sendRate`. */
  readonly sendLimits?: RateLimits;
  readonly line?: Partial<LineTerms>;
  readonly mtu?: number;
  readonly outlet?: Outlet;
  /** Where the peer's address record lies. */
  readonly addressOffset?: number;
};

/** A link that is down and has neither keys nor a socket. */
export function downLink(options: TestLinkOptions = {}, now: Milliseconds = milliseconds(0)): MemberLink {
  const { ordinal = 0, sendRate = FASTEST, mtu = 1500, addressOffset = 0 } = options;
  const { sendLimits = rateLimits(sendRate), line = {} } = options;
  return new MemberLink(
    {
      name: `line${ordinal}`,
      ordinal,
      discriminator: ordinal,
      sendLimits,
      receiveLimits: { kind: "auto" },
      mtu,
      line: { ...PLAIN_LINE, ...line },
      keepalive: { interval: seconds(5), asksWhenIdle: true, deadAfter: undefined },
      addressOffset,
    },
    now,
  );
}

/** A link with keys and a socket, whose peer answers. */
export function upLink(options: TestLinkOptions = {}, now: Milliseconds = milliseconds(0)): MemberLink {
  const link = downLink(options, now);
  link.outlet = options.outlet ?? new Outlet(new TransmitBatch(ROWS));
  link.association = new SecurityAssociation(
    { localIndex: 1, remoteIndex: 2, cipher: "aes-256-gcm", sealSlot: 3, openSlot: 4 },
    { mrru: 1500, classes: 8 },
  );
  link.handle({ kind: "uplink available", detail: "test" }, now);
  link.handle({ kind: "answer" }, now);
  return link;
}

/** Lets the queue in a link's line have changed all the time in the nine seconds before `now`. */
export function makeRestless({ estimator }: MemberLink, now: Milliseconds): void {
  const { target, queue } = estimator;
  for (let round = 0; round < 300; round++) {
    const at = milliseconds(now - 9000 + 30 * round);
    queue.sample(milliseconds(round % 40 < 20 ? 10 : 50), 1000, at);
    target.update(estimator.capacity, queue, at);
  }
}
