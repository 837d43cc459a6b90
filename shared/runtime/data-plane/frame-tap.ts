import type { Arena } from "../../protocol/packet/arena.ts";
import type { ReceiveBatch } from "../../protocol/packet/receive-batch.ts";
import { NO_KEY, type TransmitBatch } from "../../protocol/packet/transmit-batch.ts";
import type { TunnelHost } from "../../protocol/tunnel-host.ts";
import { DATAGRAM_HEADER_SIZE, DATAGRAM_OVERHEAD, receiverLinkIndex } from "../../protocol/wire/datagram-header.ts";

// What another thread has not taken yet. Beyond this, frames are left out rather than memory taken.
const LARGEST_BACKLOG = 4 * 1024 * 1024;

/** A copy of one PPP frame as it is before sealing or after opening. */
export type TappedFrame = {
  readonly bundleName: string;
  readonly linkName: string;
  readonly direction: "sent" | "received";
  readonly bytes: Uint8Array;
};

/** Copies the frames of all links for a capture, in both directions. */
export class FrameTap {
  readonly #host: TunnelHost;
  readonly #arena: Arena;
  readonly #take: (frames: TappedFrame[]) => void;
  #backlog = 0;

  /** `take` gets the frames of one batch; who has worked them off calls `acknowledge`. */
  constructor(host: TunnelHost, arena: Arena, take: (frames: TappedFrame[]) => void) {
    this.#host = host;
    this.#arena = arena;
    this.#take = take;
  }

  /** Says that so many bytes of frames are worked off. */
  acknowledge(bytes: number): void {
    // What another capture's tap has handed over may still come back here.
    this.#backlog = Math.max(0, this.#backlog - bytes);
  }

  /** Copies what is about to be sealed. */
  onSent(batch: TransmitBatch): void {
    const links = new Map<number, { readonly bundleName: string; readonly linkName: string }>();
    for (const { name, links: members } of this.#host.tunnels) {
      for (const link of members) links.set(link.addressOffset, { bundleName: name, linkName: link.name });
    }
    const frames: TappedFrame[] = [];
    for (let row = 0; row < batch.count; row++) {
      const link = links.get(batch.addressOffset(row));
      if (link === undefined || batch.keySlot(row) === NO_KEY) continue;
      const bytes = new Uint8Array(batch.textLength(row));
      batch.writeText(row, this.#arena.bytes, bytes, 0);
      this.#add(frames, { ...link, direction: "sent", bytes });
    }
    if (frames.length > 0) this.#take(frames);
  }

  /** Copies what was opened. */
  onReceived(batch: ReceiveBatch): void {
    const frames: TappedFrame[] = [];
    for (let row = 0; row < batch.count; row++) {
      if (!batch.isOpened(row)) continue;
      const reach = this.#host.reach(receiverLinkIndex(batch.headerWord0(row)));
      if (reach === undefined) continue;
      const length = batch.length(row) - DATAGRAM_OVERHEAD;
      const offset = batch.offset(row) + DATAGRAM_HEADER_SIZE;
      const bytes = this.#arena.bytes.slice(offset, offset + length);
      this.#add(frames, { bundleName: reach.tunnel.name, linkName: reach.link.name, direction: "received", bytes });
    }
    if (frames.length > 0) this.#take(frames);
  }

  #add(frames: TappedFrame[], frame: TappedFrame): void {
    if (this.#backlog + frame.bytes.length > LARGEST_BACKLOG) return;
    this.#backlog += frame.bytes.length;
    frames.push(frame);
  }
}
