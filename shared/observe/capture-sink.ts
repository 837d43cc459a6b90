import type { CaptureFrame, Direction } from "./pcap.ts";
import { PcapWriter } from "./pcap.ts";

/** A reader that is slower than the links loses frames rather than cost the daemon more memory than this. */
export const CAPTURE_BACKLOG_BYTES = 8 << 20;

/** Which frames the reader wants; what is left out is not asked for. */
export type CaptureFilter = {
  readonly bundle?: string | undefined;
  readonly link?: string | undefined;
  readonly direction?: Direction | undefined;
  /** How many frames to take before the capture ends. */
  readonly count?: number | undefined;
};

/** Where a capture goes: a byte stream that says how much it holds back. */
export type CaptureOutput = {
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  end(): unknown;
};

/** One reader's capture: frames in, pcapng out. */
export class CaptureSink {
  /** What the reader asked for, so that the data path can leave frames out early; the sink checks it in any case. */
  readonly filter: CaptureFilter;
  readonly #output: CaptureOutput;
  readonly #writer = new PcapWriter();
  #remaining: number;
  #state: "new" | "begun" | "ended" = "new";

  constructor(output: CaptureOutput, filter: CaptureFilter) {
    this.filter = filter;
    this.#output = output;
    this.#remaining = filter.count ?? Number.POSITIVE_INFINITY;
  }

  /** Writes the beginning of the file, unless a frame has done it: a reader of an idle link sees that it is served. */
  begin(): void {
    if (this.#state !== "new") return;
    this.#state = "begun";
    this.#output.write(this.#writer.header());
  }

  /** Takes one frame, copying its bytes; never waits. A frame for which there is no room is counted as dropped. */
  write(frame: CaptureFrame): void {
    if (this.#state === "ended" || !this.#isWanted(frame)) return;
    this.begin();
    if (this.#output.writableLength + frame.bytes.length > CAPTURE_BACKLOG_BYTES) {
      const description = this.#writer.drop(frame);
      if (description.length > 0) this.#output.write(description);
      return;
    }
    this.#output.write(this.#writer.frame(frame));
    this.#remaining--;
    if (this.#remaining <= 0) this.end(frame.timeMs);
  }

  /** Writes the statistics, with this wall-clock time in milliseconds, and ends the stream. Again: does nothing. */
  end(timeMs: number): void {
    if (this.#state === "ended") return;
    this.begin();
    this.#state = "ended";
    this.#output.write(this.#writer.statistics(timeMs));
    this.#output.end();
  }

  #isWanted(frame: CaptureFrame): boolean {
    const { bundle, link, direction } = this.filter;
    return (
      (link === undefined || link === frame.linkName) &&
      (direction === undefined || direction === frame.direction) &&
      (bundle === undefined || bundle === frame.bundleName)
    );
  }
}
