import { createRequire } from "node:module";
import type { AeadSlots } from "./aead-slots.ts";

/**
 * The native half of a `UdpSocket`; its methods are those of the class. To the counts that `send` and `flush` return, 2^29
 * is added while there is a backlog, and 2^30 while `takeRefused` has something.
 */
export interface NativeSocket {
  send(
    aead: AeadSlots | null,
    arena: Uint8Array,
    columns: Int32Array,
    capacity: number,
    from: number,
    to: number,
  ): number;
  flush(): number;
  receive(
    arena: Uint8Array,
    scratchOffset: number,
    scratchLength: number,
    columns: Int32Array,
    capacity: number,
  ): number;
  takeRefused(arena: Uint8Array, offset: number): number;
  /** `program` is an array of `struct sock_filter`. */
  steer(program: Uint8Array): void;
  close(): void;
  fd(): number;
  backlog(): number;
  bound(record: Uint8Array): void;
  properties(): NativeProperties;
  statistics(): NativeStatistics;
}

/** What a socket is, as the kernel has it now. */
export type NativeProperties = {
  readonly segmentation: boolean;
  readonly coalescing: boolean;
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;
  readonly minimumScratch: number;
  readonly minimumRows: number;
};

/** What a socket did since it was opened: counts, and the code of the latest failed call or null. */
export type NativeStatistics = {
  /** Datagrams that the kernel took, and their bytes. */
  readonly sentDatagrams: number;
  readonly sentBytes: number;
  /** Calls of sendmmsg(2). */
  readonly sendCalls: number;
  /** Runs of datagrams that the kernel cut by itself, and the datagrams in them. */
  readonly segmentedRuns: number;
  readonly segmentedDatagrams: number;
  /** How often the kernel took no more (EAGAIN, ENOBUFS). */
  readonly blocked: number;
  /** Datagrams that were dropped because they exceed the MTU: `drops.EMSGSIZE`. */
  readonly tooBig: number;
  /** Datagrams that became rows, and the bytes that arrived. */
  readonly receivedDatagrams: number;
  readonly receivedBytes: number;
  /** Calls of recvmmsg(2). */
  readonly receiveCalls: number;
  /** Messages in which the kernel had joined datagrams, and the rows made of them. */
  readonly coalescedMessages: number;
  readonly coalescedDatagrams: number;
  /** Datagrams that arrived longer than `maximumDatagram` and were dropped. */
  readonly truncated: number;
  /** Datagrams of a message with more segments than rows were left. */
  readonly overflowed: number;
  /** Errors of earlier datagrams (ICMP) that receiving skipped. */
  readonly receiveErrors: number;
  /** Datagrams that were not sent, by the name of the error: `{ ENETUNREACH: 3 }`. */
  readonly drops: Readonly<Record<string, number>>;
  readonly lastError: string | null;
};

/** The native half of a `Poller`. To the count that `wait` returns, 2^30 is added after a wake-up. */
export interface NativePoller {
  set(fd: number, isReadable: boolean, isWritable: boolean): void;
  remove(fd: number): boolean;
  wait(timeout: number, readyFds: Int32Array, readyMasks: Int32Array): number;
  close(): void;
  wakeFd(): number;
}

interface NativeBinding {
  readonly Aead: new (capacity: number) => AeadSlots;
  readonly UdpSocket: new (
    isIpv6: boolean,
    dualStack: boolean,
    address: Uint8Array,
    device: string,
    mark: number,
    sendBufferBytes: number,
    receiveBufferBytes: number,
    maximumDatagram: number,
    reusePort: boolean,
    features: number,
  ) => NativeSocket;
  readonly Poller: new (timerSlackNanoseconds: number) => NativePoller;
  wake(fd: number): boolean;
  cpuHasAes(): boolean;
  monotonicMilliseconds(): number;
  interfaceIndex(name: string): number;
}

/** The addon of this package, as node-gyp builds it. */
export const native: NativeBinding = createRequire(import.meta.url)("../build/Release/dgram_native.node");
