import { readdir } from "node:fs/promises";
import { isMissing, readIfPresent, systemErrorOf, writeInPlace } from "./host-file.ts";

const ROOT = "/proc/sys/";
const FORWARDING: Readonly<Record<string, string>> = {
  "net/ipv4/ip_forward": "ipv4",
  "net/ipv6/conf/all/forwarding": "ipv6",
};

/** The value of a kernel setting such as "net/ipv4/ip_forward", or null when this kernel or device lacks it. */
export async function readSetting(name: string): Promise<string | null> {
  return (await readIfPresent(ROOT + name))?.trim() ?? null;
}

/** Sets a kernel setting; one that has the value already is not touched. */
export async function writeSetting(name: string, value: string): Promise<void> {
  if ((await readSetting(name)) !== value) await writeInPlace(ROOT + name, `${value}\n`);
}

/**
 * The settings that the kernel changes along with this one, and their values. Forwarding for all devices sets every
 * device's own when written, and IPv4's also whether redirects are accepted: putting the one back alone would leave a
 * host that refuses redirects accepting them.
 */
export async function readCompanions(name: string): Promise<Record<string, string>> {
  const family = FORWARDING[name];
  if (family === undefined) return {};
  const names = (await devicesWithSettings(family)).map((device) => `net/${family}/conf/${device}/forwarding`);
  if (family === "ipv4") names.push("net/ipv4/conf/all/accept_redirects");
  const companions: Record<string, string> = {};
  for (const companion of names) {
    const value = await readSetting(companion);
    if (value !== null) companions[companion] = value;
  }
  return companions;
}

async function devicesWithSettings(family: string): Promise<string[]> {
  try {
    return (await readdir(`${ROOT}net/${family}/conf`)).filter((device) => device !== "all");
  } catch (error) {
    if (isMissing(error)) return [];
    throw systemErrorOf(error, `list the ${family} settings of the devices`);
  }
}
