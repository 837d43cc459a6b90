import type { Outlet } from "../../../../shared/protocol/link/outlet.ts";
import type { Tunnel } from "../../../../shared/protocol/tunnel.ts";
import type { TunnelHost } from "../../../../shared/protocol/tunnel-host.ts";
import { earliest, type Milliseconds, milliseconds, NEVER } from "../../../../shared/protocol/units.ts";
import type { FastEnd } from "./fast-end.ts";
import type { Frame, FramePool } from "./frame.ts";
import type { LateProcess } from "./lateness.ts";

type Received = { readonly frame: Frame; readonly socket: number; readonly peer: number };
type Packet = { readonly tunnel: Tunnel; readonly bytes: Uint8Array };

/** An end on a busy machine: what comes waits until its process runs, and so does what is due. */
export class LateEnd {
  readonly #end: FastEnd;
  readonly #process: LateProcess;
  readonly #frames: FramePool;
  readonly #received: Received[] = [];
  readonly #packets: Packet[] = [];
  /** Since when there is something to do; it is from the start on, until the process has run once. */
  #waitingSince = milliseconds(0);

  constructor(end: FastEnd, process: LateProcess, frames: FramePool) {
    this.#end = end;
    this.#process = process;
    this.#frames = frames;
  }

  get host(): TunnelHost {
    return this.#end.host;
  }

  get outlets(): readonly Outlet[] {
    return this.#end.outlets;
  }

  /** As of `FastEnd`. */
  record(peer: number): number {
    return this.#end.record(peer);
  }

  receive(frame: Frame, socket: number, peer: number, now: Milliseconds): void {
    this.#received.push({ frame: this.#frames.copy(frame), socket, peer });
    this.#waitingSince = earliest(this.#waitingSince, now);
  }

  send(tunnel: Tunnel, packet: Uint8Array, now: Milliseconds): void {
    this.#packets.push({ tunnel, bytes: packet.slice() });
    this.#waitingSince = earliest(this.#waitingSince, now);
  }

  touch(): void {
    this.#end.touch();
    this.#waitingSince = milliseconds(0);
  }

  /** When its process runs next, as far as is known. */
  nextTimeout(now: Milliseconds): Milliseconds {
    const due = earliest(this.#waitingSince, this.#end.host.nextTimeout());
    return due === NEVER ? NEVER : milliseconds(Math.max(now, this.#process.runsAt(due)));
  }

  /** Lets the process run. */
  work(now: Milliseconds): void {
    this.#process.onRun(now);
    for (const { frame, socket, peer } of this.#received) {
      this.#end.receive(frame, socket, peer, now);
      this.#frames.release(frame);
    }
    for (const { tunnel, bytes } of this.#packets) this.#end.send(tunnel, bytes, now);
    this.#received.length = 0;
    this.#packets.length = 0;
    this.#waitingSince = NEVER;
    this.#end.work(now);
  }
}
