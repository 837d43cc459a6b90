import type { LinkParts } from "../../shared/protocol/link/link-parts.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { DeliveryBatch } from "../../shared/protocol/packet/delivery-batch.ts";
import { RECEIVE_COLUMNS, ReceiveBatch } from "../../shared/protocol/packet/receive-batch.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import type { Aead } from "../../shared/protocol/seal/aead.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import { TunnelHost } from "../../shared/protocol/tunnel-host.ts";
import { type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";
import {
  AEAD_TAG_SIZE,
  DATAGRAM_FLAGS,
  DATAGRAM_HEADER_SIZE,
  dataWord,
} from "../../shared/protocol/wire/datagram-header.ts";
import { BEGIN, END, writeFragmentHeader } from "../../shared/protocol/wire/frame-header.ts";
import {
  ECHO_FRAME_SIZE,
  LCP_CODES,
  readLcpCode,
  writeEchoReply,
  writeEchoRequest,
} from "../../shared/protocol/wire/lcp.ts";

const SCRATCH = 8192;

/** When a responding end begins. */
export const START = seconds(1000);

/** The answering end of one link whose keys are agreed, with an AEAD that leaves everything in clear. */
export class RespondingEnd {
  /** How many packets may wait. */
  static readonly CELLS = 256;
  readonly arena = new Arena(8 * 1024 * 1024);
  readonly outlet = new Outlet(new TransmitBatch(64));
  readonly delivery = new DeliveryBatch(64);
  /** The first bytes of each packet that was written, in hexadecimal digits. */
  readonly written: string[] = [];
  readonly keys = new Set<number>();
  readonly host: TunnelHost;
  readonly tunnel: Tunnel;
  readonly link: MemberLink;
  readonly #index: number;
  readonly #record: number;
  readonly #datagram: number;
  #packetNumber = 0;
  #serial = 0;

  constructor() {
    const { arena, delivery } = this;
    let randomness = 0;
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => ++randomness);
    this.#record = arena.reserve(64);
    this.#datagram = arena.reserve(SCRATCH);
    arena.bytes[this.#record] = 4;
    this.host = new TunnelHost({
      arena,
      cells: RespondingEnd.CELLS,
      links: 4,
      assemblyBytes: 4 * 65_536,
      delivery,
      aead: this.#aead(),
      random,
    });
    this.host.setHandshakeReceiver({ handleHandshake: () => {} });
    this.tunnel = this.host.addTunnel({
      name: "alice",
      role: "responder",
      scheduler: new WeightedScheduler(),
      mrru: 65_535,
      classes: 8,
      reorderWait: milliseconds(300),
      filter: undefined,
      endpointDiscriminator: Uint8Array.of(1, 2, 3),
    });
    const parts = this.#addLink(1);
    this.link = parts.link;
    this.link.outlet = this.outlet;
    this.tunnel.setAddress(this.link, this.#record);
    this.#index = this.host.reserveIndex(this.tunnel, this.link);
    const keys = { sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) };
    const agreement = {
      localIndex: this.#index,
      remoteIndex: 7,
      cipher: "aes-256-gcm" as const,
      keys,
      peer: { mrru: 1500, classes: 8 },
    };
    parts.sessions.agreeAsResponder(
      agreement,
      { ephemeral: new Uint8Array(32), token: undefined },
      new Uint8Array(64),
      START,
    );
    this.tunnel.apply(this.link, { kind: "session agreed" }, START);
  }

  /** Adds a link that is up and carries nothing, so that no fragment is called lost by RFC 1990 §4.1. */
  addSilentLink(): void {
    const { link } = this.#addLink(2);
    link.outlet = this.outlet;
    this.tunnel.apply(link, { kind: "session agreed" }, START);
    this.tunnel.apply(link, { kind: "answer" }, START);
  }

  /** Whether the link still has keys under which a datagram can come. */
  get isReachable(): boolean {
    return this.host.reach(this.#index)?.association !== undefined;
  }

  /** Writes what was delivered before anything settles, and lets what is received next take the place of what was. */
  hurry(): void {
    if (this.delivery.hasRefused) return;
    this.#write();
    this.delivery.clear();
    this.arena.bytes.fill(0xff, this.#datagram, this.#datagram + SCRATCH);
  }

  /** Does a driver's round: lets happen what is due, and writes every batch. */
  finish(now: Milliseconds): void {
    for (;;) {
      this.host.settle(now);
      const { hasRefused } = this.delivery;
      this.#write();
      this.outlet.batch.clear();
      this.delivery.clear();
      this.host.recycle();
      if (!hasRefused) return;
      this.host.resume();
    }
  }

  receiveEcho(now: Milliseconds): void {
    this.receive((bytes, at) => {
      writeEchoRequest(bytes, at, ++this.#serial, 70);
      return ECHO_FRAME_SIZE;
    }, now);
    this.host.settle(now);
  }

  /** Answers every Echo-Request that was sent, and empties the batch. */
  answerRequests(now: Milliseconds): void {
    const { batch } = this.outlet;
    const heads = Array.from({ length: batch.count }, (_, row) => batch.headOffset(row));
    for (const head of heads) {
      if (readLcpCode(this.arena.bytes, head) !== LCP_CODES.echoRequest) continue;
      this.receive((bytes, at) => {
        writeEchoReply(bytes, at, head);
        return ECHO_FRAME_SIZE;
      }, now);
    }
    batch.clear();
    this.host.recycle();
  }

  /** Receives a whole IPv4 packet of `size` bytes in one fragment. */
  receiveFragment(sequence: number, size: number, fill: number, now: Milliseconds): void {
    this.receive((bytes, at) => {
      writeFragmentHeader(bytes, at, BEGIN | END, 1, sequence);
      bytes.fill(fill, at + 6, at + 6 + size);
      bytes.set([0x21, 0x45, 0, size >> 8, size], at + 5);
      return size + 6;
    }, now);
  }

  /**
   * Receives whole packets of 60 bytes in one batch, each with these numbers; at most 64, and `before` more in that
   * round before them.
   */
  receiveBatch(
    fragments: readonly { packetNumber: number; sequence: number; copy: boolean }[],
    now: Milliseconds,
    before = 0,
  ): void {
    const batch = new ReceiveBatch(64);
    const { bytes } = this.arena;
    for (const [row, { packetNumber, sequence, copy }] of fragments.entries()) {
      const at = this.#datagram + (before + row) * 128;
      const frame = at + DATAGRAM_HEADER_SIZE;
      writeFragmentHeader(bytes, frame, BEGIN | END, 1, sequence);
      bytes.fill(sequence, frame + 6, frame + 66);
      bytes.set([0x21, 0x45, 0, 0, 60], frame + 5);
      const flags = copy ? DATAGRAM_FLAGS.copy : 0;
      const length = DATAGRAM_HEADER_SIZE + 66 + AEAD_TAG_SIZE;
      batch.add(at, length, this.#record, dataWord(this.#index, flags), packetNumber);
    }
    this.host.handleDatagrams(batch, this.outlet, now);
  }

  /** Receives a datagram with the frame that `write` puts at an offset and whose size it returns. */
  receive(write: (bytes: Uint8Array, offset: number) => number, now: Milliseconds): void {
    const size = write(this.arena.bytes, this.#datagram + DATAGRAM_HEADER_SIZE);
    const batch = new ReceiveBatch(1);
    const length = DATAGRAM_HEADER_SIZE + size + AEAD_TAG_SIZE;
    batch.add(this.#datagram, length, this.#record, dataWord(this.#index, 0), this.#packetNumber++);
    this.host.handleDatagrams(batch, this.outlet, now);
  }

  #write(): void {
    for (let row = 0; row < this.delivery.count; row++) {
      const offset = this.delivery.offset(row);
      const packet = this.arena.bytes.subarray(offset, offset + Math.min(8, this.delivery.length(row)));
      this.written.push(Buffer.from(packet).toString("hex"));
    }
  }

  #addLink(discriminator: number): LinkParts {
    return this.tunnel.addLink(
      {
        name: "dsl",
        discriminator,
        sendLimits: { kind: "auto" },
        receiveLimits: { kind: "auto" },
        mtu: 1500,
        keepalive: { interval: seconds(5), asksWhenIdle: false, deadAfter: undefined },
      },
      START,
    );
  }

  #aead(): Aead {
    let slot = 0;
    return {
      addKey: () => {
        this.keys.add(++slot);
        return slot;
      },
      removeKey: (removed) => {
        this.keys.delete(removed);
      },
      open: (batch) => {
        for (let row = 0; row < batch.count; row++) {
          if (this.keys.has(batch.keySlot(row))) batch.columns[RECEIVE_COLUMNS.isOpened * batch.capacity + row] = 1;
        }
      },
    };
  }
}
