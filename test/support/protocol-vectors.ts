import assert from "node:assert/strict";
import { Aead as NativeAead } from "dgram-native";
import { DropCounters } from "../../shared/protocol/drop-reason.ts";
import type { RateLimits } from "../../shared/protocol/link/configured-rate.ts";
import { LinkControl } from "../../shared/protocol/link/link-control.ts";
import { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { Outlet } from "../../shared/protocol/link/outlet.ts";
import { Outbound } from "../../shared/protocol/outbound.ts";
import { Arena } from "../../shared/protocol/packet/arena.ts";
import { CellPool } from "../../shared/protocol/packet/cell-pool.ts";
import { DeliveryBatch } from "../../shared/protocol/packet/delivery-batch.ts";
import { HEADROOM, PacketBatch } from "../../shared/protocol/packet/packet-batch.ts";
import { ReceiveBatch } from "../../shared/protocol/packet/receive-batch.ts";
import { TransmitBatch } from "../../shared/protocol/packet/transmit-batch.ts";
import { WeightedScheduler } from "../../shared/protocol/scheduler/weighted.ts";
import type { Cipher } from "../../shared/protocol/seal/aead.ts";
import { highWord, lowWord } from "../../shared/protocol/seal/packet-number.ts";
import { sealRow } from "../../shared/protocol/seal/seal-row.ts";
import { SecurityAssociation } from "../../shared/protocol/seal/security-association.ts";
import { TunnelHost } from "../../shared/protocol/tunnel-host.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { dataWord } from "../../shared/protocol/wire/datagram-header.ts";
import { BEGIN, END, FRAGMENT_HEADER_SIZE, writeFragmentHeader } from "../../shared/protocol/wire/frame-header.ts";
import { toHex } from "./session-handshake.ts";

/** When everything happens in the vectors. */
export const NOW = seconds(1);

const AUTO: RateLimits = { kind: "auto" };
// So fast that everything leaves at once.
const FAST: RateLimits = { kind: "ceiling", rate: megabitsPerSecond(1000) };
const RESPONDER_INDEX = 0x0a0b0c;
const INITIATOR_INDEX = 0x010203;
const LINE_MTU = 576;
const STRIDE = 2048;

/** The sending side of one link over a line of `LINE_MTU`, whose first key slot has the vectors' key. */
export class VectorSender {
  readonly arena = new Arena(1024 * 1024);
  readonly scratch = this.arena.reserve(STRIDE);
  readonly outlet = new Outlet(new TransmitBatch(16));
  readonly control: LinkControl;
  readonly #aead = new NativeAead(1);
  readonly #link: MemberLink;
  readonly #outbound: Outbound;
  readonly #slot: number;

  constructor(cipher: Cipher, key: Uint8Array) {
    const { arena } = this;
    const cells = new CellPool(arena, 64);
    const drops = new DropCounters();
    const keepalive = { interval: seconds(5), asksWhenIdle: true, deadAfter: undefined };
    const rates = { sendLimits: FAST, receiveLimits: AUTO };
    const place = { name: "dsl1", ordinal: 0, discriminator: 7, addressOffset: 0 };
    const link = new MemberLink({ ...place, ...rates, mtu: LINE_MTU, keepalive }, NOW);
    link.handle({ kind: "uplink available", detail: "" }, NOW);
    link.handle({ kind: "answer" }, NOW);
    link.outlet = this.outlet;
    const slot = this.#aead.addKey(cipher, key);
    this.#slot = slot;
    const indices = { localIndex: INITIATOR_INDEX, remoteIndex: RESPONDER_INDEX };
    link.association = new SecurityAssociation(
      { ...indices, cipher, sealSlot: slot, openSlot: slot },
      { mrru: 1500, classes: 8 },
    );
    this.#link = link;
    this.control = new LinkControl(link, { arena, cells, drops, links: [link], onPeerLostUplink: () => {} });
    const scheduler = new WeightedScheduler();
    this.#outbound = new Outbound({ arena, cells, links: [link], scheduler, drops }, { mrru: 1500, classes: 8 });
    this.#outbound.onLinksChanged();
  }

  /** Adds a frame that is sealed as one of a packet number far into a session. */
  sendLate(frame: Uint8Array, packetNumber: number): void {
    this.arena.bytes.set(frame, this.scratch);
    const row = this.outlet.batch.add(this.scratch, frame.length, 0, 0, 0);
    const low = lowWord(packetNumber);
    this.outlet.batch.seal(row, dataWord(RESPONDER_INDEX, 0), low, highWord(packetNumber), low, this.#slot);
  }

  /** Sends a packet; the batch points at its bytes, so every packet has a place of its own. */
  sendPacket(packet: Uint8Array, flags: number): void {
    const offset = this.arena.reserve(HEADROOM + packet.length) + HEADROOM;
    this.arena.bytes.set(packet, offset);
    const packets = new PacketBatch(1);
    packets.add(offset, packet.length, flags);
    this.#outbound.handlePackets(packets, 0, 1, NOW);
  }

  /** Sends what a link gets that a burst has passed by. */
  sendNullFragment(trafficClass: number): void {
    const { association } = this.#link;
    assert.ok(association !== undefined);
    const sequence = this.#outbound.order.pass(trafficClass, 0);
    writeFragmentHeader(this.arena.bytes, this.scratch, BEGIN | END, trafficClass, sequence);
    sealRow(this.outlet.batch, this.outlet.batch.add(this.scratch, FRAGMENT_HEADER_SIZE, 0, 0, 0), association, 0);
  }

  /** The frames of the batch before they are sealed. */
  frames(): Uint8Array[] {
    const { batch } = this.outlet;
    return Array.from({ length: batch.count }, (_, row) => {
      const frame = new Uint8Array(batch.textLength(row));
      batch.writeText(row, this.arena.bytes, frame, 0);
      return frame;
    });
  }

  /** The datagrams of the batch as they go on the wire. */
  seal(): Uint8Array[] {
    const { columns, capacity, count } = this.outlet.batch;
    const sealed = new Uint8Array(count * STRIDE);
    const lengths = new Int32Array(count);
    this.#aead.seal(this.arena.bytes, columns, capacity, 0, count, sealed, 0, STRIDE, lengths);
    return Array.from(lengths, (length, row) => sealed.slice(row * STRIDE, row * STRIDE + length));
  }
}

/** The packets that a responder delivers which has the vectors' key and gets these datagrams. */
export function receive(key: Uint8Array, datagrams: readonly Uint8Array[]): { packet: string; flags: number }[] {
  const arena = new Arena(4 * 1024 * 1024);
  const native = new NativeAead(16);
  const delivery = new DeliveryBatch(16);
  const host = new TunnelHost({
    ...{ arena, delivery, cells: 64, links: 2, assemblyBytes: 4 * 65_536 },
    aead: {
      addKey: (cipher, bytes) => native.addKey(cipher, bytes),
      removeKey: (slot) => native.removeKey(slot),
      open: ({ columns, capacity, count }) => native.open(arena.bytes, columns, capacity, 0, count),
    },
    random: (length) => Uint8Array.of(0x0a, 0x0b, 0x0c, ...new Uint8Array(8)).subarray(0, length),
  });
  host.setHandshakeReceiver({ handleHandshake: () => assert.fail("a handshake") });
  acceptLink(host, key);
  const batch = new ReceiveBatch(16);
  const source = arena.reserve(64);
  for (const datagram of datagrams) {
    const offset = arena.reserve(datagram.length);
    arena.bytes.set(datagram, offset);
    const view = new DataView(datagram.buffer, datagram.byteOffset);
    batch.add(offset, datagram.length, source, view.getInt32(0), view.getInt32(4));
  }
  host.handleDatagrams(batch, new Outlet(new TransmitBatch(16)), NOW);
  return Array.from({ length: delivery.count }, (_, row) => {
    const offset = delivery.offset(row);
    return { packet: toHex(arena.bytes.slice(offset, offset + delivery.length(row))), flags: delivery.flags(row) };
  });
}

/** Gives a host the responder's end of the link, whose handshake was just answered. */
function acceptLink(host: TunnelHost, key: Uint8Array): void {
  const limits = { mrru: 1500, classes: 8, reorderWait: milliseconds(300) };
  const role = "responder" as const;
  const endpointDiscriminator = Uint8Array.of(1, 2);
  const scheduler = new WeightedScheduler();
  const tunnel = host.addTunnel({
    ...limits,
    ...{ name: "alice", role, scheduler, filter: undefined, endpointDiscriminator },
  });
  const keepalive = { interval: seconds(5), asksWhenIdle: false, deadAfter: undefined };
  const rates = { sendLimits: AUTO, receiveLimits: AUTO };
  const { link, sessions } = tunnel.addLink(
    { name: "dsl1", discriminator: 7, ...rates, mtu: LINE_MTU, keepalive },
    NOW,
  );
  assert.equal(host.reserveIndex(tunnel, link), RESPONDER_INDEX);
  const indices = { localIndex: RESPONDER_INDEX, remoteIndex: INITIATOR_INDEX };
  const agreement = {
    ...indices,
    cipher: "aes-256-gcm" as const,
    keys: { sendKey: key, receiveKey: key },
    peer: { mrru: 1500, classes: 8 },
  };
  sessions.agreeAsResponder(agreement, { ephemeral: key, token: undefined }, new Uint8Array(0), NOW);
}
