import { addon, type SteeringHandle } from "./native-addon.ts";

/**
 * Which queue of a device gets the packets for a destination: networks in a table of the kernel, the longest prefix
 * winning. What the table does not have goes to queue 0. Failed system calls throw an Error with `code` and `operation`.
 */
export class QueueSteering {
  /** The addon's own handle. */
  readonly handle: SteeringHandle;
  #isOpen = true;

  private constructor(handle: SteeringHandle) {
    this.handle = handle;
  }

  /**
   * An empty table for so many networks. Throws EPERM without CAP_BPF (before Linux 5.8 CAP_SYS_ADMIN), ENOSYS on a kernel
   * without bpf(2), and EINVAL on one that does not take the program (before 4.18).
   */
  static create(capacity: number): QueueSteering {
    return new QueueSteering(addon.createSteering(capacity));
  }

  /** The same table for another thread, by the descriptor of one that is open; throws EBADF when there is none. */
  static share(descriptor: number): QueueSteering {
    return new QueueSteering(addon.shareSteering(descriptor));
  }

  /** By which other threads of the process share the table; -1 once closed. */
  get descriptor(): number {
    return this.#isOpen ? this.handle.descriptor : -1;
  }

  /**
   * Sends the packets for a network to a queue: 0 for the one that was opened first, and so on. The address has 4 or 16
   * bytes, those behind the prefix are free. Throws ENOSPC when the table is full.
   */
  set(address: Uint8Array, prefixLength: number, queue: number): void {
    addon.setSteering(this.handle, address, prefixLength, queue);
  }

  /** Forgets a network; false when it was not there. */
  remove(address: Uint8Array, prefixLength: number): boolean {
    return addon.removeSteering(this.handle, address, prefixLength);
  }

  /** Closes this handle; devices that the table was given to, and other handles, keep it. Calling it again does nothing. */
  close(): void {
    this.#isOpen = false;
    addon.closeSteering(this.handle);
  }
}
