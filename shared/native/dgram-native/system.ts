import { native } from "./native-binding.ts";

/** Whether the CPU has instructions for AES and for GCM's multiplication; without them ChaCha20-Poly1305 is faster. */
export const cpuHasAes: () => boolean = native.cpuHasAes;

/** Milliseconds of CLOCK_MONOTONIC, with fractions: the clock of the kernel's timeouts, the same in every thread. */
export const monotonicMilliseconds: () => number = native.monotonicMilliseconds;

/** The index of a network interface by its name: the scope of a link-local address. Throws ENODEV. */
export const interfaceIndex: (name: string) => number = native.interfaceIndex;
