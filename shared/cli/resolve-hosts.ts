import { lookup } from "node:dns/promises";

/** What became of looking up a host: its addresses, or why there are none. */
export type Resolution =
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly reason: string };

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no host of this name",
  EAI_AGAIN: "no name server answers",
};

/** Looks up host names or addresses, all at once; each name once. */
export async function resolveHosts(hosts: Iterable<string>): Promise<ReadonlyMap<string, Resolution>> {
  const entries = [...new Set(hosts)].map(async (host) => [host, await resolve(host)] as const);
  return new Map(await Promise.all(entries));
}

async function resolve(host: string): Promise<Resolution> {
  try {
    const found = await lookup(host, { all: true, verbatim: true });
    return { kind: "found", addresses: found.map(({ address }) => address) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { kind: "failed", reason: REASONS[code] ?? code };
  }
}
