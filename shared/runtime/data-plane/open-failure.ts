import { SystemError } from "../system-error.ts";

/**
 * What a failed call of the native packages means to an operator who knows what was tried; anything else, such as a
 * bug, as it is.
 */
export function openFailure(error: unknown, operation: string, hints: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const { code } = error;
  return new SystemError({ code, operation, hint: hints[code] ?? GENERAL_HINTS[code] ?? "", cause: error });
}

const GENERAL_HINTS: Readonly<Record<string, string>> = {
  EPERM: "run as root, or give CAP_NET_ADMIN and CAP_NET_RAW as deploy/hawser@.service does",
  EACCES: "run as root, or give CAP_NET_ADMIN and CAP_NET_RAW as deploy/hawser@.service does",
  EMFILE: "too many open files: raise LimitNOFILE",
  ENOMEM: "this machine has too little free memory",
};

/** What to do when a TUN device cannot be opened. */
export const TUN_HINTS: Readonly<Record<string, string>> = {
  EBUSY: "another process has this interface: stop it, or choose another interface_name",
  EINVAL: "there is a network device of this name that is no TUN device: choose another interface_name",
  ENOENT: "the kernel has no TUN device: load the driver with modprobe tun",
  ENODEV: "the kernel has no TUN device: load the driver with modprobe tun",
};

/** What to do when a server's socket cannot be opened. */
export const LISTENING_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process has this port: stop it, or choose another bindport",
  EADDRNOTAVAIL: "this host does not have the address: check bindhost",
  EAFNOSUPPORT: "this host has no such IP version: check bindhost",
};
