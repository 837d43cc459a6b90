import { AddressMap } from "./address-map.ts";
import { DESTINATION, ipVersion, SOURCE } from "./ip-header.ts";

/** All routes of one prefix length: which bits count, and the values by those bits. */
type Level<T extends NonNullable<unknown>> = {
  readonly prefixLength: number;
  readonly masks: readonly [number, number, number, number];
  readonly routes: AddressMap<T>;
};

/**
 * Whose an address is: values by IPv4 and IPv6 prefix, the longest prefix winning. A look-up takes one hash look-up
 * for each prefix length in use and allocates nothing.
 */
export class RouteTable<T extends NonNullable<unknown>> {
  /** Longest prefix first. */
  readonly #levels4: Level<T>[] = [];
  readonly #levels6: Level<T>[] = [];
  #changes = 0;

  /** How often the table was changed: while it is the same, so is what was looked up. */
  get changes(): number {
    return this.#changes;
  }

  /** How many routes there are. */
  get size(): number {
    return [...this.#levels4, ...this.#levels6].reduce((sum, { routes }) => sum + routes.size, 0);
  }

  /** Adds a route, in place of the one with the same prefix. The address has 4 or 16 bytes, its further bits are free. */
  add(address: Uint8Array, prefixLength: number, value: T): void {
    this.#changes++;
    const [a, b, c, d] = wordsOf(address);
    const { masks, routes } = this.#levelFor(address, prefixLength);
    routes.set(a & masks[0], b & masks[1], c & masks[2], d & masks[3], value);
  }

  /** Removes the route with exactly this prefix; false when there is none. */
  remove(address: Uint8Array, prefixLength: number): boolean {
    this.#changes++;
    const [a, b, c, d] = wordsOf(address);
    const { masks, routes } = this.#levelFor(address, prefixLength);
    const isRemoved = routes.delete(a & masks[0], b & masks[1], c & masks[2], d & masks[3]);
    this.#dropEmptyLevels();
    return isRemoved;
  }

  /** Removes every route to this value and returns how many there were. */
  removeValue(value: T): number {
    this.#changes++;
    let removed = 0;
    for (const { routes } of [...this.#levels4, ...this.#levels6]) removed += routes.deleteValue(value);
    this.#dropEmptyLevels();
    return removed;
  }

  /** The value of the IPv4 address at `offset`. */
  lookup4(bytes: Uint8Array, offset: number): T | undefined {
    const address = wordAt(bytes, offset);
    for (const { masks, routes } of this.#levels4) {
      const value = routes.get(address & masks[0], 0, 0, 0);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The value of the IPv6 address at `offset`. */
  lookup6(bytes: Uint8Array, offset: number): T | undefined {
    const a = wordAt(bytes, offset);
    const b = wordAt(bytes, offset + 4);
    const c = wordAt(bytes, offset + 8);
    const d = wordAt(bytes, offset + 12);
    for (const { masks, routes } of this.#levels6) {
      const value = routes.get(a & masks[0], b & masks[1], c & masks[2], d & masks[3]);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The value of an address of the IP packet at `packetOffset`, which `checkIpPacket` has found well-formed. */
  lookup(bytes: Uint8Array, packetOffset: number, which: "source" | "destination"): T | undefined {
    const offsets = which === "source" ? SOURCE : DESTINATION;
    const version = ipVersion(bytes, packetOffset);
    if (version === 4) return this.lookup4(bytes, packetOffset + offsets[4]);
    if (version === 6) return this.lookup6(bytes, packetOffset + offsets[6]);
    return undefined;
  }

  #levelFor(address: Uint8Array, prefixLength: number): Level<T> {
    const bits = 8 * address.length;
    if ((bits !== 32 && bits !== 128) || !(prefixLength >= 0 && prefixLength <= bits)) {
      throw new RangeError(`no prefix: ${address.length} bytes / ${prefixLength}`);
    }
    const levels = bits === 32 ? this.#levels4 : this.#levels6;
    const existing = levels.find((level) => level.prefixLength === prefixLength);
    if (existing !== undefined) return existing;
    const level = { prefixLength, masks: masksOf(prefixLength), routes: new AddressMap<T>() };
    levels.push(level);
    levels.sort((a, b) => b.prefixLength - a.prefixLength);
    return level;
  }

  #dropEmptyLevels(): void {
    for (const levels of [this.#levels4, this.#levels6]) {
      for (let index = levels.length - 1; index >= 0; index--) {
        if (levels[index]?.routes.size === 0) levels.splice(index, 1);
      }
    }
  }
}

function masksOf(prefixLength: number): [number, number, number, number] {
  const mask = (word: number): number => {
    const bits = Math.min(32, Math.max(0, prefixLength - 32 * word));
    // A shift by 32 shifts by nothing.
    return bits === 0 ? 0 : -1 << (32 - bits);
  };
  return [mask(0), mask(1), mask(2), mask(3)];
}

function wordsOf(address: Uint8Array): [number, number, number, number] {
  return [wordAt(address, 0), wordAt(address, 4), wordAt(address, 8), wordAt(address, 12)];
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) << 24) |
    ((bytes[offset + 1] ?? 0) << 16) |
    ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)
  );
}
