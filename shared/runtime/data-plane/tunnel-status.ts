import { readAddressRecord } from "dgram-native";
import type { RateMeter } from "../../observe/rates.ts";
import { NO_RATES } from "../../observe/rates.ts";
import { receiveReason, sendReason } from "../../observe/share-reason.ts";
import type { BundleStatus, Traffic } from "../../observe/status-snapshot.ts";
import { DROP, DROP_REASONS } from "../../protocol/drop-reason.ts";
import type { MemberLink } from "../../protocol/link/member-link.ts";
import type { Outbound } from "../../protocol/outbound.ts";
import type { FairQueue } from "../../protocol/queue/fair-queue.ts";
import type { Tunnel } from "../../protocol/tunnel.ts";
import type { Milliseconds } from "../../protocol/units.ts";
import { describeLink, trafficOf } from "./link-status.ts";

/** What only the daemon knows of a bundle. */
export type BundleFacts = {
  readonly ip4: string | null;
  readonly ip6: string | null;
  /** The TUN device's MTU, or what the bundle needs no fragmentation for. */
  readonly mtu: number;
  /** The local address of a link's socket, as text. */
  readonly local: (link: MemberLink) => string | null;
};

/** Describes one bundle as it is now. `arena` holds the links' address records. */
export function describeTunnel(
  tunnel: Tunnel,
  facts: BundleFacts,
  meter: RateMeter,
  arena: Uint8Array,
  now: Milliseconds,
): BundleStatus {
  const rates = meter.measure(readingsOf(tunnel), now);
  const { outbound, receiving, delivered } = tunnel;
  const { name: scheduler } = outbound.scheduler;
  const links = tunnel.links.map((link) => ({
    ...describeLink(link, rates.get(link.name) ?? NO_RATES, now),
    local: facts.local(link),
    remote: remoteText(arena, link),
  }));
  const { reordered, lost, late, timeouts, repaired, duplicate } = receiving.counters;
  return {
    name: tunnel.name,
    ip4: facts.ip4,
    ip6: facts.ip6,
    mtu: facts.mtu,
    cipher: tunnel.links.find((link) => link.association !== undefined)?.association?.keys.cipher ?? null,
    links: links.map((link) => ({
      ...link,
      sendReason: sendReason(link, links, scheduler),
      receiveReason: receiveReason(link),
    })),
    sent: { packets: outbound.packets, bytes: outbound.packetBytes },
    received: trafficOf(delivered),
    scheduler,
    queue: describeQueues(outbound, now),
    recovery: { ...outbound.recovery.counters },
    reordering: {
      heldFragments: receiving.heldCount,
      reorderedFragments: reordered,
      lostFragments: lost,
      lateFragments: late,
      repairedFragments: repaired,
      duplicateFragments: duplicate,
      timeouts,
    },
    drops: dropsOf(tunnel),
  };
}

/** What waits in a bundle: for any link, and for the links that filters name. */
function describeQueues(outbound: Outbound, now: Milliseconds): BundleStatus["queue"] {
  const all = [outbound.queue, ...outbound.pinned.queues];
  return {
    packets: total(all, "count"),
    bytes: total(all, "bytes"),
    oldestMs: Math.max(...all.map((queue) => queue.oldestSojourn(now))),
    dropped: total(all, "dropped"),
    marked: total(all, "marked"),
    droppedForRoom: total(all, "overLimit"),
  };
}

function total(queues: readonly FairQueue[], figure: "count" | "bytes" | "dropped" | "marked" | "overLimit"): number {
  return queues.reduce((sum, queue) => sum + queue[figure], 0);
}

/** Takes a reading of a bundle's counters, so that rates are those of the last moments. */
export function meterTunnel(tunnel: Tunnel, meter: RateMeter, now: Milliseconds): void {
  let total = 0;
  for (const { sent, received } of tunnel.links) total += sent.bytes + received.bytes;
  meter.note(total, () => readingsOf(tunnel), now);
}

/** All drops of a bundle by reason: those of single packets, those in reassembly and in the queue. */
function dropsOf(tunnel: Tunnel): Record<string, number> {
  const { incomplete, oversized, overflows, late } = tunnel.receiving.counters;
  const queues = [tunnel.outbound.queue, ...tunnel.outbound.pinned.queues];
  const drops = tunnel.drops.snapshot();
  const elsewhere = [
    [DROP.incompletePacket, incomplete],
    [DROP.oversizedPacket, oversized],
    [DROP.reorderOverflow, overflows],
    [DROP.lateFragment, late],
    [DROP.queueDelay, total(queues, "dropped")],
    [DROP.queueFull, total(queues, "overLimit") + tunnel.drops.get(DROP.queueFull)],
  ] as const;
  for (const [code, count] of elsewhere) if (count > 0) drops[DROP_REASONS[code]] = count;
  return drops;
}

/** The peer's address and port on a link, as `192.0.2.1:5080` or `[2001:db8::1]:5080`. */
export function remoteText(arena: Uint8Array, link: MemberLink): string | null {
  const record = readAddressRecord(arena, link.addressOffset);
  if (record === undefined) return null;
  return record.family === 6 ? `[${record.address}]:${record.port}` : `${record.address}:${record.port}`;
}

/** The local address that a link's datagrams leave from, where the socket has several. */
export function localText(arena: Uint8Array, link: MemberLink): string | null {
  return readAddressRecord(arena, link.addressOffset)?.localAddress ?? null;
}

function readingsOf(tunnel: Tunnel): Map<string, ReturnType<typeof countersOf>> {
  return new Map(tunnel.links.map((link) => [link.name, countersOf(link)]));
}

function countersOf(link: MemberLink): { readonly sent: Traffic; readonly received: Traffic } {
  return { sent: trafficOf(link.sent), received: trafficOf(link.received) };
}
