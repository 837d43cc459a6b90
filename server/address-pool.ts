import { contains, type IpAddress, type IpPrefix, ipAddress, networkOf } from "../shared/config/values/ip-address.ts";

// Larger networks have room for more clients than a process serves.
const LARGEST_POOL = 65_534;

// Addresses count from 1, so that there is room before them.
const LEASED = 0;

/**
 * The tunnel addresses of one IP version: leased by client name, and the same again for a client that comes back. Several
 * workers may lease from one network: each has a pool of it over the same table.
 */
export class AddressPool {
  readonly prefix: IpPrefix;
  readonly #size: number;
  readonly #reserved: Set<string>;
  readonly #byName = new Map<string, IpAddress>();
  readonly #leases: Int32Array;

  /** `prefix` holds the server's own address; `fixed` are those that belong to certain clients. */
  constructor(prefix: IpPrefix, fixed: readonly IpAddress[], leases = leaseTable(prefix)) {
    this.prefix = prefix;
    this.#size = poolSize(prefix);
    this.#leases = leases;
    this.#reserved = new Set([prefix.address, ...fixed].map(({ text }) => text));
  }

  /**
   * The address for a client: its fixed one, else the one it had, else the one it wishes for, else any that is free.
   * Undefined when all are taken.
   */
  lease(name: string, fixed: IpAddress | undefined, wish: Uint8Array | undefined): IpAddress | undefined {
    if (fixed !== undefined) return fixed;
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const wished = wish === undefined ? undefined : ipAddress(wish);
    const chosen = wished !== undefined && this.#take(wished) ? wished : this.#takeFirst();
    if (chosen !== undefined) this.#byName.set(name, chosen);
    return chosen;
  }

  /** Whether every address is leased. */
  get isFull(): boolean {
    return Atomics.load(this.#leases, LEASED) + this.#reserved.size >= this.#size;
  }

  /** Makes the addresses free of all clients but these. */
  releaseAllBut(names: ReadonlySet<string>): void {
    for (const [name, address] of this.#byName) {
      if (names.has(name)) continue;
      this.#byName.delete(name);
      Atomics.store(this.#leases, this.#indexOf(address), 0);
      Atomics.sub(this.#leases, LEASED, 1);
    }
  }

  #take(address: IpAddress): boolean {
    if (address.bytes.length !== this.prefix.address.bytes.length || !contains(this.prefix, address)) return false;
    const index = this.#indexOf(address);
    if (index < 1 || index > this.#size || this.#reserved.has(address.text)) return false;
    if (Atomics.compareExchange(this.#leases, index, 0, 1) !== 0) return false;
    Atomics.add(this.#leases, LEASED, 1);
    return true;
  }

  #takeFirst(): IpAddress | undefined {
    for (let index = 1; index <= this.#size; index++) {
      if (Atomics.load(this.#leases, index) !== 0) continue;
      const address = this.#at(index);
      if (this.#take(address)) return address;
    }
    return undefined;
  }

  #at(index: number): IpAddress {
    const bytes = networkOf(this.prefix).bytes.slice();
    const view = new DataView(bytes.buffer);
    const low = bytes.length - 4;
    view.setUint32(low, view.getUint32(low) + index);
    return ipAddress(bytes);
  }

  #indexOf(address: IpAddress): number {
    const network = networkOf(this.prefix).bytes;
    const low = network.length - 4;
    const isNear = network.every((byte, place) => place >= low || byte === address.bytes[place]);
    const lowWord = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(low);
    return isNear ? lowWord(address.bytes) - lowWord(network) : -1;
  }
}

/** A table of no leases in memory that threads can share: how many there are, then for each address whether it is leased. */
export function leaseTable(prefix: IpPrefix): Int32Array {
  const entries = 1 + Math.max(0, poolSize(prefix));
  return new Int32Array(new SharedArrayBuffer(entries * Int32Array.BYTES_PER_ELEMENT));
}

/** How many addresses a network has for clients and the server. */
function poolSize(prefix: IpPrefix): number {
  const hostBits = prefix.address.bytes.length * 8 - prefix.length;
  return Math.min(LARGEST_POOL, 2 ** Math.min(hostBits, 31) - 2);
}
