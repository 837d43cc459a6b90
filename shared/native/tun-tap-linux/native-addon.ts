import { createRequire } from "node:module";

/** Layer 3 ("tun": packets begin with the IP header) or layer 2 ("tap": with the Ethernet header). */
export type DeviceKind = "tun" | "tap";

/** What the kernel granted a device: which checksums and super-packets it may hand over and take. */
export type Offloads = {
  /** Whether packets carry a virtio header at all (`IFF_VNET_HDR`). */
  readonly virtioHeader: boolean;
  /** Partial checksums. */
  readonly checksum: boolean;
  /** Super-packets of TCP over IPv4 (TSO). */
  readonly tcp4: boolean;
  /** Super-packets of TCP over IPv6 (TSO). */
  readonly tcp6: boolean;
  /** TCP super-packets with congestion marks (RFC 3168). */
  readonly ecn: boolean;
  /** Super-packets of UDP over IPv4 (USO, Linux 6.2). */
  readonly udp4: boolean;
  /** Super-packets of UDP over IPv6 (USO, Linux 6.2). */
  readonly udp6: boolean;
};

/** Counters of a device since it was opened. */
export type DeviceStatistics = {
  /** Packets and super-packets taken from the kernel. */
  readonly reads: number;
  /** Super-packets among them. */
  readonly superPacketsRead: number;
  /** Rows that were cut from super-packets. */
  readonly segmentsCut: number;
  /** Failed reads, "nothing there" not counted. */
  readonly readErrors: number;
  /** Super-packets of an unknown kind, which were dropped. */
  readonly unsupportedReads: number;
  /** Packets and super-packets given to the kernel. */
  readonly writes: number;
  /** Super-packets among them. */
  readonly superPacketsWritten: number;
  /** Packets that were joined into them. */
  readonly segmentsJoined: number;
  /** Super-packets that the kernel refused, and that were then written packet by packet. */
  readonly superPacketFallbacks: number;
  /** Packets that the kernel did not take. */
  readonly writeErrors: number;
  /** Packets flagged as partial that are neither TCP nor UDP; they were written as they were. */
  readonly malformedPackets: number;
};

/** An open device as the addon knows it. */
export type DeviceHandle = { readonly name: string; readonly fd: number; readonly offloads: Offloads };

/** A steering table as the addon knows it. */
export type SteeringHandle = { readonly descriptor: number };

type NativeAddon = {
  openDevice(name: string, kind: DeviceKind, mtu: number, isMultiQueue: boolean, mayOffload: boolean): DeviceHandle;
  closeDevice(device: DeviceHandle): void;
  readDevice(
    device: DeviceHandle,
    arena: Uint8Array,
    scratchOffset: number,
    scratchLength: number,
    columns: Int32Array,
    capacity: number,
  ): number;
  writeDevice(device: DeviceHandle, arena: Uint8Array, columns: Int32Array, capacity: number, count: number): number;
  waitReadable(devices: readonly DeviceHandle[], timeoutMs: number): boolean;
  setMtu(device: DeviceHandle, bytes: number): void;
  setTransmitQueueLength(device: DeviceHandle, packets: number): void;
  setUp(device: DeviceHandle): void;
  readStatistics(device: DeviceHandle): DeviceStatistics;
  completeChecksum(kind: DeviceKind, arena: Uint8Array, offset: number, length: number): boolean;
  cutSuperPacket(
    kind: DeviceKind,
    arena: Uint8Array,
    offset: number,
    length: number,
    scratchOffset: number,
    scratchLength: number,
    columns: Int32Array,
    capacity: number,
  ): number;
  joinSegments(
    kind: DeviceKind,
    refusesSuperPackets: boolean,
    arena: Uint8Array,
    columns: Int32Array,
    capacity: number,
    count: number,
    output: Uint8Array,
  ): number;
  createSteering(capacity: number): SteeringHandle;
  shareSteering(descriptor: number): SteeringHandle;
  setSteering(steering: SteeringHandle, address: Uint8Array, prefixLength: number, queue: number): void;
  removeSteering(steering: SteeringHandle, address: Uint8Array, prefixLength: number): boolean;
  attachSteering(device: DeviceHandle, steering: SteeringHandle): void;
  closeSteering(steering: SteeringHandle): void;
};

/** The functions of the C++ addon, which check every argument and throw TypeError or RangeError on a wrong one. */
export const addon: NativeAddon = createRequire(import.meta.url)("../build/Release/tun_tap_linux.node");
