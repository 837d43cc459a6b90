import { spawnSync } from "node:child_process";

/** Runs a program and gives what it printed. Throws with its own words when it fails. */
export function run(program: string, ...options: readonly string[]): string {
  const result = spawnSync(program, options, { encoding: "utf8" });
  if (result.status === 0) return result.stdout;
  throw new Error(`${program} ${options.join(" ")}: ${result.error?.message ?? result.stderr}`);
}

/** Why devices cannot be tested here, or false when they can. */
export function whyNoDevices(): string | false {
  const probe = spawnSync("unshare", ["--net", "test", "-w", "/dev/net/tun"]);
  if (probe.status === 0) return false;
  return "needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN), unshare, ip and a writable /dev/net/tun";
}
