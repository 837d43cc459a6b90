import { DROP, type DropCounters } from "../drop-reason.ts";
import type { Arena } from "../packet/arena.ts";
import { CELL_SIZE, type CellPool, NO_CELL } from "../packet/cell-pool.ts";
import { bytes, earliest, type Milliseconds, NEVER } from "../units.ts";
import { DATAGRAM_OVERHEAD } from "../wire/datagram-header.ts";
import {
  ECHO_FRAME_SIZE,
  LCP_CODES,
  LCP_HEADER_SIZE,
  readEchoPacketSize,
  readEchoSerial,
  readIdentifier,
  readLcpCode,
  readLcpFrameSize,
  readUplinkLost,
  UPLINK_LOST_FRAME_SIZE,
  writeEchoReply,
  writeEchoRequest,
  writeTerminate,
  writeUplinkLost,
} from "../wire/lcp.ts";
import type { MemberLink } from "./member-link.ts";
import { transmit } from "./transmit.ts";

// A Terminate-Request may be lost; there is no time at shutdown to wait for the Ack.
const TERMINATE_COPIES = 2;

// Without it the peer finds out by silence; one copy may be lost.
const NOTICE_COPIES = 2;

/** What LCP works with. */
export type LinkControlOptions = {
  readonly arena: Arena;
  readonly cells: CellPool;
  readonly drops: DropCounters;
  /** All links of the bundle, as they come and go. */
  readonly links: readonly MemberLink[];
  /** Called when the peer says that its end of another link, by discriminator, has lost its uplink. */
  readonly onPeerLostUplink: (discriminator: number, now: Milliseconds) => void;
};

/** Speaks LCP (RFC 1661 §5) on one link: Echo for liveness, delay and path MTU, Terminate for the end. */
export class LinkControl {
  readonly #link: MemberLink;
  readonly #arena: Arena;
  readonly #cells: CellPool;
  readonly #options: LinkControlOptions;

  constructor(link: MemberLink, options: LinkControlOptions) {
    this.#link = link;
    this.#arena = options.arena;
    this.#cells = options.cells;
    this.#options = options;
  }

  /** Takes an LCP frame; true when it changed the link's state. */
  handleFrame(offset: number, length: number, now: Milliseconds): boolean {
    const memory = this.#arena.bytes;
    const size = length < LCP_HEADER_SIZE ? 0 : readLcpFrameSize(memory, offset);
    if (size < LCP_HEADER_SIZE || size > length) return this.#reject();
    switch (readLcpCode(memory, offset)) {
      case LCP_CODES.echoRequest:
        return size === ECHO_FRAME_SIZE ? this.#answer(offset, now) : this.#reject();
      case LCP_CODES.echoReply:
        return size === ECHO_FRAME_SIZE ? this.#handleReply(offset, now) : this.#reject();
      case LCP_CODES.terminateRequest:
        this.#sendTerminate(LCP_CODES.terminateAck, readIdentifier(memory, offset), now);
        return this.#link.handle({ kind: "closed by peer" }, now);
      case LCP_CODES.terminateAck:
        return false;
      case LCP_CODES.vendorSpecific:
        return this.#handleNotice(offset, size, now);
      default:
        return this.#reject();
    }
  }

  /** Sends what is due, and calls the link silent when it is; true when its state changed. */
  handleTimeout(now: Milliseconds): boolean {
    const link = this.#link;
    if (link.state.kind === "down") return false;
    if (link.association === undefined) return link.handle({ kind: "keys expired" }, now);
    const { patience } = link;
    let hasChanged = false;
    if (link.isUp && link.keepalive.deadAt(patience) <= now) {
      hasChanged = link.handle({ kind: "silence", silentFor: link.keepalive.silentFor(now) }, now);
    }
    if (link.keepalive.requestDue(link.isUp, patience) <= now) {
      if (link.keepalive.isInUse) this.#tellOthers();
      this.#ask(now);
    }
    if (link.isUp) this.#probePathMtu(now);
    return hasChanged;
  }

  /** When `handleTimeout` has something to do. */
  nextTimeout(): Milliseconds {
    const link = this.#link;
    if (link.association === undefined || link.state.kind === "down") return NEVER;
    const { patience, isUp } = link;
    const request = link.keepalive.requestDue(isUp, patience);
    if (!isUp) return request;
    const quality = earliest(link.keepalive.deadAt(patience), link.pathMtu.nextTimeout());
    return earliest(request, quality);
  }

  /** Sends something under new keys, as the peer waits for the proof that we hold them. */
  prove(now: Milliseconds): void {
    this.#ask(now);
  }

  /** Tells the peer that this link ends (RFC 1661 §3.7). */
  terminate(now: Milliseconds): void {
    for (let copy = 0; copy < TERMINATE_COPIES; copy++) this.#sendTerminate(LCP_CODES.terminateRequest, copy, now);
  }

  /** Tells the peer over this link that another one has lost its uplink. */
  tellUplinkLost(discriminator: number, now: Milliseconds): void {
    for (let copy = 0; copy < NOTICE_COPIES; copy++) {
      const cell = this.#cells.take();
      if (cell === NO_CELL) return;
      writeUplinkLost(this.#arena.bytes, cell, copy, discriminator);
      this.#transmit(cell, UPLINK_LOST_FRAME_SIZE, now);
    }
  }

  #handleNotice(offset: number, size: number, now: Milliseconds): boolean {
    const discriminator = readUplinkLost(this.#arena.bytes, offset, size);
    if (discriminator === undefined) return this.#reject();
    this.#options.onPeerLostUplink(discriminator, now);
    return false;
  }

  #reject(): boolean {
    this.#options.drops.count(DROP.badFrame);
    return false;
  }

  #answer(request: number, now: Milliseconds): boolean {
    const cell = this.#cells.take();
    if (cell === NO_CELL) return false;
    writeEchoReply(this.#arena.bytes, cell, request);
    this.#transmit(cell, ECHO_FRAME_SIZE, now);
    return false;
  }

  #handleReply(offset: number, now: Milliseconds): boolean {
    const link = this.#link;
    const roundTrip = link.keepalive.onAnswer(readEchoSerial(this.#arena.bytes, offset), now);
    if (roundTrip === undefined) return false;
    link.roundTripTime.sample(roundTrip, now);
    if (link.isSilent) link.sentPackets.onAnswer(now);
    link.pathMtu.setProbeTimer(link.patience);
    const wasRaised = link.pathMtu.onProbeAcknowledged(bytes(readEchoPacketSize(this.#arena.bytes, offset)), now);
    // What was under way when the peer ended the link does not open it again; a handshake does.
    return (!link.isClosedByPeer && link.handle({ kind: "answer" }, now)) || wasRaised;
  }

  #tellOthers(): void {
    for (const other of this.#options.links) {
      if (other !== this.#link && other.use.kind === "used") other.keepalive.onOthersCarried();
    }
  }

  #probePathMtu(now: Milliseconds): void {
    const { pathMtu } = this.#link;
    if (pathMtu.nextTimeout() > now) return;
    pathMtu.handleTimeout(now);
    for (let probe = pathMtu.pollProbe(now); probe > 0; probe = pathMtu.pollProbe(now)) {
      const frameSize = probe - DATAGRAM_OVERHEAD - this.#link.outerHeaderSize;
      if (frameSize >= ECHO_FRAME_SIZE && frameSize <= CELL_SIZE) {
        this.#sendEcho(frameSize, this.#link.keepalive.onProbe(now), now);
      }
    }
  }

  #ask(now: Milliseconds): void {
    this.#sendEcho(ECHO_FRAME_SIZE, this.#link.keepalive.onRequest(now), now);
  }

  /** Sends an Echo-Request in a frame of `frameSize` bytes; what exceeds the request is padding (RFC 1661 §2). */
  #sendEcho(frameSize: number, serial: number, now: Milliseconds): void {
    const cell = this.#cells.take();
    if (cell === NO_CELL) return;
    this.#arena.bytes.fill(0, cell + ECHO_FRAME_SIZE, cell + frameSize);
    writeEchoRequest(this.#arena.bytes, cell, serial, this.#packetSize(frameSize));
    this.#transmit(cell, frameSize, now);
  }

  #sendTerminate(code: number, identifier: number, now: Milliseconds): void {
    const cell = this.#cells.take();
    if (cell === NO_CELL) return;
    this.#transmit(cell, writeTerminate(this.#arena.bytes, cell, code, identifier), now);
  }

  #packetSize(frameSize: number): number {
    return frameSize + DATAGRAM_OVERHEAD + this.#link.outerHeaderSize;
  }

  #transmit(cell: number, frameSize: number, now: Milliseconds): void {
    transmit(this.#link, cell, frameSize, 0, 0, 0, now);
    this.#cells.release(cell);
  }
}
