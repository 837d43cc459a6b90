import { runCommand } from "./run-command.ts";

/** A network namespace of the lab, as `ip netns` knows it. */
export class Namespace {
  /** What the lab calls it, such as "router"; `fullName` is unique on the machine. */
  readonly name: string;
  readonly fullName: string;

  constructor(name: string, fullName: string) {
    this.name = name;
    this.fullName = fullName;
  }

  /** Runs a command in it and answers its output. Throws when it fails. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    return await runCommand("ip", ["netns", "exec", this.fullName, command, ...args]);
  }

  /** Runs `ip` commands in one go: "address add 10.0.0.1/24 dev eth0". Throws when one fails. */
  async ip(...commands: readonly string[]): Promise<void> {
    await runCommand("ip", ["-n", this.fullName, "-batch", "-"], `${commands.join("\n")}\n`);
  }

  /** The same for IPv6, where the words alone do not say so: "rule add iif eth0 table 7". */
  async ip6(...commands: readonly string[]): Promise<void> {
    await runCommand("ip", ["-6", "-n", this.fullName, "-batch", "-"], `${commands.join("\n")}\n`);
  }

  /** Sets kernel parameters: { "net.ipv4.ip_forward": "1" }. */
  async sysctl(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.run("sysctl", "-q", "-w", ...Object.entries(settings).map(([name, value]) => `${name}=${value}`));
  }

  /** Loads an nftables script. */
  async nft(script: string): Promise<void> {
    await runCommand("ip", ["netns", "exec", this.fullName, "nft", "-f", "-"], script);
  }

  /** Makes it a router, with addresses that are used at once and reverse paths that are not looked at. */
  async forward(): Promise<void> {
    await this.sysctl({ "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" });
  }

  /**
   * The congestion control of the TCP connections that start from now on by its default routes: "cubic", "bbr". By the
   * routes, since a namespace's kernel parameter takes only what the host allows to everybody.
   */
  async useCongestionControl(name: string): Promise<void> {
    for (const family of ["-4", "-6"]) {
      const routes = (await this.run("ip", family, "route", "show", "default")).split("\n").filter(Boolean);
      for (const route of routes) {
        const words = route
          .replace(/ congctl \S+/, "")
          .replace(/ pref \S+/, "")
          .trim()
          .split(" ");
        await this.run("ip", family, "route", "change", ...words, "congctl", name);
      }
    }
  }
}
