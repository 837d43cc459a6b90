/** Bytes of the largest datagram. */
export const FRAME_SIZE = 2048;

/** A datagram under way: its length, how many of its bytes were kept, and whether the line has damaged it. */
export type Frame = { readonly bytes: Uint8Array; length: number; kept: number; isDamaged: boolean };

/** Frames that are not under way, which are used again and again. */
export class FramePool {
  readonly #free: Frame[] = [];

  take(): Frame {
    return this.#free.pop() ?? { bytes: new Uint8Array(FRAME_SIZE), length: 0, kept: 0, isDamaged: false };
  }

  readonly release = (frame: Frame): void => {
    this.#free.push(frame);
  };

  /** Another frame with the same bytes. */
  readonly copy = (frame: Frame): Frame => {
    const copy = this.take();
    copy.bytes.set(frame.bytes.subarray(0, frame.kept));
    copy.length = frame.length;
    copy.kept = frame.kept;
    copy.isDamaged = frame.isDamaged;
    return copy;
  };
}
