import { type NativePoller, native } from "./native-binding.ts";

/** Bits of a ready mask. An fd that has `failed` is also ready for what it waits for, which then fetches the error. */
export const READY = { readable: 1, writable: 2, failed: 4 } as const;

const TIMER_SLACK_MICROSECONDS = 5;
const NANOSECONDS_PER_MICROSECOND = 1000;

// What the native half adds to a count.
const WAS_WOKEN = 1 << 30;

/** How a `Poller` waits. */
export type PollerOptions = {
  /**
   * How late the kernel may end a wait of this thread, in microseconds; 5 unless given (the kernel's own is 50), 0
   * leaves the thread as it is. It holds for the thread, beyond the poller's life (PR_SET_TIMERSLACK).
   */
  readonly timerSlackMicroseconds?: number;
};

/** Blocks a thread until one of a few descriptors is ready, a time is over, or another thread wakes it. */
export class Poller {
  readonly #native: NativePoller;
  #wasWoken = false;

  /** Throws EMFILE when the process has no descriptor left. */
  constructor(options: PollerOptions = {}) {
    const slack = (options.timerSlackMicroseconds ?? TIMER_SLACK_MICROSECONDS) * NANOSECONDS_PER_MICROSECOND;
    this.#native = new native.Poller(Math.round(slack));
  }

  /** What another thread gives to `wake`; -1 once closed. */
  get wakeFd(): number {
    return this.#native.wakeFd();
  }

  /** Says for what a descriptor is waited for, from the next wait on; nothing at all silences it. */
  set(fd: number, interest: { readonly readable: boolean; readonly writable: boolean }): void {
    this.#native.set(fd, interest.readable, interest.writable);
  }

  /** Forgets a descriptor, before it is closed. Returns whether it was set. */
  remove(fd: number): boolean {
    return this.#native.remove(fd);
  }

  /**
   * Waits at most `timeout` milliseconds (fractions count; 0 or less only looks; Infinity has no limit) and fills the
   * ready descriptors and their `READY` masks. Returns how many: 0 after the time, a wake-up or a signal. More ready
   * descriptors than the arrays hold come first next time. The thread's event loop stands still meanwhile.
   */
  wait(timeout: number, readyFds: Int32Array, readyMasks: Int32Array): number {
    const result = this.#native.wait(timeout, readyFds, readyMasks);
    this.#wasWoken = result >= WAS_WOKEN;
    return this.#wasWoken ? result - WAS_WOKEN : result;
  }

  /** Whether another thread had woken this poller when the latest wait ended. */
  get wasWoken(): boolean {
    return this.#wasWoken;
  }

  /** Ends the present or the next wait of this poller. Returns false once it is closed. */
  wake(): boolean {
    return wake(this.wakeFd);
  }

  /** Frees the descriptor; may be called again. */
  close(): void {
    this.#native.close();
  }
}

/**
 * Wakes the poller with this `wakeFd`, from any thread of the process. Returns false when there is none: it was closed,
 * or the number never was one, and then nothing is written.
 */
export const wake: (fd: number) => boolean = native.wake;

/** Wakes a poller of another thread, which sent its `wakeFd` as a plain number. */
export class WakeHandle {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Ends the poller's present or next wait. Returns false once it is closed. */
  wake(): boolean {
    return wake(this.fd);
  }
}
