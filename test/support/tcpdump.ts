import { spawnSync } from "node:child_process";

/** Why a test that needs libpcap's compiler is skipped, or false when tcpdump is installed. */
export function missingTcpdump(): string | false {
  const { status } = spawnSync("tcpdump", ["--version"], { stdio: "ignore" });
  return status === 0 ? false : "needs tcpdump";
}

/** Which packets of a savefile tcpdump's own interpreter takes: a savefile of them. */
export function filterByTcpdump(file: Uint8Array, expression: string): Uint8Array {
  // As root, tcpdump would become another user, who is not everywhere.
  const user = process.getuid?.() === 0 ? ["-Z", "root"] : [];
  const words = ["-n", ...user, "-r", "-", "-w", "-", "--", expression];
  const { status, stdout, stderr } = spawnSync("tcpdump", words, { input: file, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`tcpdump ${expression}: ${stderr.toString()}`);
  return new Uint8Array(stdout);
}
