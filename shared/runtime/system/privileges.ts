import { access, constants, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SystemError } from "../system-error.ts";
import { systemErrorOf } from "./host-file.ts";
import { ENVIRONMENT, notInstalled } from "./run-command.ts";

// linux/capability.h
const CAPABILITIES: readonly (readonly [name: string, bit: number])[] = [
  ["CAP_NET_ADMIN", 12],
  ["CAP_NET_RAW", 13],
];

const TUN_DEVICE = "/dev/net/tun";
const PROGRAMS = ["ip", "nft", "flock"];

/** Throws the first SystemError that says why this process cannot run a tunnel: capabilities, /dev/net/tun, programs. */
export async function requirePrivileges(): Promise<void> {
  const missing = missingCapabilities(await readFile("/proc/self/status", "utf8"));
  if (missing.length > 0) {
    const hint = `${missing.join(" and ")} missing: run as root, or give them as deploy/hawser@.service does`;
    throw new SystemError({ code: "EPERM", operation: "set up the network", hint });
  }
  await requireTun();
  for (const program of PROGRAMS) {
    if (!(await isInstalled(program))) throw notInstalled(program);
  }
}

/** The capabilities that a tunnel needs and that a /proc/PID/status does not list as effective. */
export function missingCapabilities(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return CAPABILITIES.filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n).map(([name]) => name);
}

async function requireTun(): Promise<void> {
  const operation = `open ${TUN_DEVICE}`;
  try {
    const file = await open(TUN_DEVICE, "r+");
    await file.close();
  } catch (error) {
    const { code } = systemErrorOf(error, operation);
    const hint =
      code === "EACCES" || code === "EPERM"
        ? "run as root; in a container, allow the device 10:200"
        : "load the driver: modprobe tun; in a container, pass the device in";
    throw new SystemError({ code, operation, hint, cause: error });
  }
}

async function isInstalled(program: string): Promise<boolean> {
  for (const directory of ENVIRONMENT.PATH.split(":").filter((one) => one !== "")) {
    const isThere = await access(join(directory, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
