import type { Decisions } from "../decisions.ts";
import type { DropCounters } from "../drop-reason.ts";
import type { Arena } from "../packet/arena.ts";
import type { CellPool } from "../packet/cell-pool.ts";
import { earliest, type Milliseconds } from "../units.ts";
import { LinkControl } from "./link-control.ts";
import type { LinkDialer } from "./link-dialer.ts";
import { LinkReports } from "./link-reports.ts";
import { LinkSessions, type SessionEnvironment } from "./link-sessions.ts";
import type { LinkState } from "./link-state.ts";
import { LinkWatch } from "./link-watch.ts";
import type { MemberLink } from "./member-link.ts";

/** What the parts of a link need from their bundle. */
export type LinkPartsOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  /** All links of the bundle, as they come and go. */
  readonly links: readonly MemberLink[];
  readonly sessions: SessionEnvironment;
  readonly drops: DropCounters;
  readonly decisions: Decisions;
  /** Called when the peer says that its end of another link, by discriminator, has lost its uplink. */
  readonly onPeerLostUplink: (discriminator: number, now: Milliseconds) => void;
};

/** A member link with those that work for it. */
export class LinkParts {
  readonly link: MemberLink;
  readonly control: LinkControl;
  readonly reports: LinkReports;
  readonly sessions: LinkSessions;
  readonly watch: LinkWatch;
  /** On the side that opens the link. */
  dialer: LinkDialer | undefined;
  #reported: LinkState;

  constructor(link: MemberLink, options: LinkPartsOptions) {
    const { arena, cells, links, sessions, drops, decisions, onPeerLostUplink } = options;
    this.link = link;
    this.control = new LinkControl(link, { arena, cells, drops, links, onPeerLostUplink });
    this.reports = new LinkReports(link, links, arena, cells);
    this.sessions = new LinkSessions(link, sessions);
    this.watch = new LinkWatch(link, decisions);
    this.#reported = link.state;
  }

  /** Does what is due for the link alone. */
  handleTimeout(now: Milliseconds): void {
    this.sessions.handleTimeout(now);
    this.control.handleTimeout(now);
    this.reports.handleTimeout(now);
    this.dialer?.handleTimeout(now);
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const frames = earliest(this.control.nextTimeout(), this.reports.nextTimeout());
    const next = earliest(this.sessions.nextTimeout(), frames);
    return this.dialer === undefined ? next : earliest(next, this.dialer.nextTimeout());
  }

  /** The state that was reported last, when the present one was not reported yet; it counts as reported from now on. */
  takeChange(): LinkState | undefined {
    const before = this.#reported;
    if (this.link.state === before) return undefined;
    this.#reported = this.link.state;
    return before;
  }
}
