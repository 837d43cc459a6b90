import { lookup } from "node:dns/promises";
import { SystemError } from "../shared/runtime/system-error.ts";

// A look-up cannot be taken back, and the process's end waits for it: glibc's own limits add up to half a minute.
const RESOLVER_OPTIONS = "timeout:2 attempts:2";

// Links that share a host ask for it at the same time.
const FRESH_MS = 20_000;

/** An address of the server, and its IP version. */
export type ServerAddress = { readonly family: 4 | 6; readonly address: string };

/** The addresses of the servers that the links dial, by host name; each is looked up again when a link stays silent. */
export class ServerAddresses {
  readonly #byHost = new Map<string, readonly ServerAddress[]>();
  readonly #resolvedAt = new Map<string, number>();
  readonly #attempts = new Map<string, number>();

  constructor() {
    process.env["RES_OPTIONS"] ??= RESOLVER_OPTIONS;
  }

  /** Looks all hosts up; throws SystemError at the first that has no address. */
  async resolve(hosts: Iterable<string>): Promise<void> {
    await Promise.all([...new Set(hosts)].map((host) => this.#resolve(host)));
  }

  /** Goes on to the next address for a link that gets no answer. */
  advance(link: string): void {
    this.#attempts.set(link, (this.#attempts.get(link) ?? 0) + 1);
  }

  /** Looks a host up again, unless that was done a moment ago; true when its addresses are others now. */
  async refresh(host: string): Promise<boolean> {
    if (performance.now() - (this.#resolvedAt.get(host) ?? 0) < FRESH_MS) return false;
    const before = this.all(host).toSorted().join();
    // No answer is no reason to forget addresses that worked.
    await this.#resolve(host).catch(() => undefined);
    return this.all(host).toSorted().join() !== before;
  }

  /** All addresses of a host, in the resolver's order. */
  all(host: string): readonly string[] {
    return (this.#byHost.get(host) ?? []).map(({ address }) => address);
  }

  /** The address to dial on a link that can speak these IP versions. */
  choose(link: string, host: string, families: readonly (4 | 6)[]): ServerAddress | undefined {
    const usable = (this.#byHost.get(host) ?? []).filter(({ family }) => families.includes(family));
    return usable[(this.#attempts.get(link) ?? 0) % Math.max(1, usable.length)];
  }

  async #resolve(host: string): Promise<void> {
    this.#resolvedAt.set(host, performance.now());
    try {
      const found = await lookup(host, { all: true, verbatim: true });
      this.#byHost.set(
        host,
        found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })),
      );
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
      const hint =
        code === "ENOTFOUND" ? "there is no such host: check remotehost" : "no name server answers: is a line up?";
      throw new SystemError({ code, operation: `look up ${host}`, hint, cause: error });
    }
  }
}
