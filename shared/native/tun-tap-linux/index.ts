import { addon, type DeviceHandle, type DeviceKind, type DeviceStatistics, type Offloads } from "./native-addon.ts";
import type { QueueSteering } from "./queue-steering.ts";

export {
  DELIVERY_COLUMN_COUNT,
  DELIVERY_COLUMNS,
  FLAG_CHECKSUM_PARTIAL,
  FLAG_CONTINUES,
  HEADROOM,
  MINIMUM_SCRATCH,
  PACKET_COLUMN_COUNT,
  PACKET_COLUMNS,
} from "./layout.ts";
export type { DeviceKind, DeviceStatistics, Offloads } from "./native-addon.ts";
export { QueueSteering } from "./queue-steering.ts";
export {
  completeChecksum,
  cutSuperPacket,
  type JoinOptions,
  joinSegments,
  type PlainPacket,
  type Segment,
} from "./super-packet.ts";

/** How to open a device. */
export type TunOptions = {
  /** Name of an interface, or a pattern with `%d`, or "" for the kernel's choice; at most 15 bytes. */
  readonly name: string;
  readonly kind: DeviceKind;
  /** In bytes; the kernel's default (1500) when left out. */
  readonly mtu?: number;
  /** Opens one queue of several; every queue is a device of its own with the same name. Default false. */
  readonly multiQueue?: boolean;
  /** Asks for super-packets and partial checksums, as many kinds as the kernel has. Default true. */
  readonly offload?: boolean;
};

/**
 * One queue of a TUN or TAP device, non-blocking. It is closed by `close` or with its worker thread; the interface
 * goes with its last queue unless it was made persistent.
 */
export class TunDevice {
  /** The interface's name as the kernel gave it. */
  readonly name: string;
  readonly kind: DeviceKind;
  readonly offloads: Offloads;
  readonly #handle: DeviceHandle;
  #fd: number;

  private constructor(handle: DeviceHandle, kind: DeviceKind) {
    this.name = handle.name;
    this.kind = kind;
    this.offloads = handle.offloads;
    this.#handle = handle;
    this.#fd = handle.fd;
  }

  /**
   * Opens or creates a device in the network namespace of the calling thread. Throws an Error with `code` (EPERM,
   * ENOENT, EBUSY, EINVAL…) and `operation` (the system call that failed).
   */
  static open(options: TunOptions): TunDevice {
    const { name, kind, mtu = 0, multiQueue = false, offload = true } = options;
    return new TunDevice(addon.openDevice(name, kind, mtu, multiQueue, offload), kind);
  }

  /** Blocks the calling thread until a device has packets or the time is over (-1: never). Says whether one has. */
  static waitReadable(devices: readonly TunDevice[], timeoutMs: number): boolean {
    return addon.waitReadable(
      devices.map((device) => device.#handle),
      timeoutMs,
    );
  }

  /** The file descriptor, for polling and nothing else; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Reads packets into `arena` from `scratchOffset` on and describes them in rows (`PACKET_COLUMNS`), super-packets
   * cut into segments. Ends when nothing is there or rows or scratch are nearly used up; what could not be cut comes
   * with the next call. Returns the rows filled; only 0 says that nothing more is there. Throws an Error with `code`.
   */
  read(
    arena: Uint8Array,
    scratchOffset: number,
    scratchLength: number,
    columns: Int32Array,
    capacity: number,
  ): number {
    return addon.readDevice(this.#handle, arena, scratchOffset, scratchLength, columns, capacity);
  }

  /**
   * Writes the first `count` rows (`DELIVERY_COLUMNS`), segments of a flow joined where the kernel takes it. Without
   * a virtio header, partial checksums are completed in place. Returns how many packets the kernel did not take.
   */
  write(arena: Uint8Array, columns: Int32Array, capacity: number, count: number): number {
    return addon.writeDevice(this.#handle, arena, columns, capacity, count);
  }

  /** Sets the MTU in bytes. Throws an Error with `code`; ENODEV when the interface was renamed or moved away. */
  setMtu(bytes: number): void {
    addon.setMtu(this.#handle, bytes);
  }

  /** Sets how many packets the kernel holds for us (500 by default) before it drops. Throws as `setMtu`. */
  setTransmitQueueLength(packets: number): void {
    addon.setTransmitQueueLength(this.#handle, packets);
  }

  /** Brings the interface up. Throws as `setMtu`. */
  setUp(): void {
    addon.setUp(this.#handle);
  }

  /**
   * Lets a table say which queue of the device gets which packets, instead of the kernel; it holds for all queues. Throws
   * an Error with `code`.
   */
  steer(steering: QueueSteering): void {
    addon.attachSteering(this.#handle, steering.handle);
  }

  /** Counters since the device was opened; they stay readable after `close`. */
  statistics(): DeviceStatistics {
    return addon.readStatistics(this.#handle);
  }

  /** Closes the device. Calling it again does nothing. */
  close(): void {
    this.#fd = -1;
    addon.closeDevice(this.#handle);
  }
}
