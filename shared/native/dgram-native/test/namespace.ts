import { spawnSync } from "node:child_process";

/** Why scenarios in a network namespace cannot run here, or false when they can. */
export const namespaceObstacle: string | false = findObstacle();

/**
 * Runs a script of this folder in a network namespace of its own, after shell commands that prepare it, and returns
 * what it printed as JSON. The namespace is gone when the script ends.
 */
export function runInNamespace(prepare: string, script: string, scenario: string): unknown {
  const path = new URL(script, import.meta.url).pathname;
  const command = `set -e; ip link set lo up; ${prepare}; exec "$0" "$1" "$2"`;
  const result = spawnSync("unshare", ["--net", "sh", "-c", command, process.execPath, path, scenario], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (result.status !== 0) throw new Error(`scenario ${scenario} failed: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

function findObstacle(): string | false {
  const commands = "ip link set lo up && tc qdisc add dev lo root tbf rate 1mbit burst 4000 limit 10000";
  const isAble = spawnSync("unshare", ["--net", "sh", "-c", commands]).status === 0;
  return isAble ? false : "needs root, network namespaces, iproute2 and the tbf queue";
}
