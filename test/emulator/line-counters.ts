import type { Traffic } from "../../shared/observe/status-snapshot.ts";

/** Why a line did not deliver a packet. */
export type LineDrop = "cut" | "loss" | "mtu" | "queue";

/** Packets and bytes that can be added up. */
export class TrafficCounter {
  packets = 0;
  bytes = 0;

  add(size: number): void {
    this.packets += 1;
    this.bytes += size;
  }

  remove(size: number): void {
    this.packets -= 1;
    this.bytes -= size;
  }

  /** The counts as they are now. */
  copy(): Traffic {
    return { packets: this.packets, bytes: this.bytes };
  }
}

/** What a line did so far. `sent + duplicated = delivered + dropped + held` at every moment. */
export type LineCounts = {
  readonly sent: Traffic;
  readonly delivered: Traffic;
  readonly duplicated: Traffic;
  /** Those of `delivered` that were changed on the way. */
  readonly corrupted: Traffic;
  readonly dropped: Readonly<Record<LineDrop, Traffic>>;
  /** Still waiting or under way. */
  readonly held: Traffic;
};

/** The counters behind `LineCounts`. */
export class LineCounters {
  readonly sent = new TrafficCounter();
  readonly delivered = new TrafficCounter();
  readonly duplicated = new TrafficCounter();
  readonly corrupted = new TrafficCounter();
  readonly held = new TrafficCounter();
  readonly dropped: Readonly<Record<LineDrop, TrafficCounter>> = {
    cut: new TrafficCounter(),
    loss: new TrafficCounter(),
    mtu: new TrafficCounter(),
    queue: new TrafficCounter(),
  };

  /** The counts as they are now. */
  copy(): LineCounts {
    const { cut, loss, mtu, queue } = this.dropped;
    return {
      sent: this.sent.copy(),
      delivered: this.delivered.copy(),
      duplicated: this.duplicated.copy(),
      corrupted: this.corrupted.copy(),
      dropped: { cut: cut.copy(), loss: loss.copy(), mtu: mtu.copy(), queue: queue.copy() },
      held: this.held.copy(),
    };
  }
}
