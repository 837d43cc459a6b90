import { contains, type IpAddress, type IpPrefix, ipAddress, networkOf } from "../shared/config/values/ip-address.ts";

// Larger networks have room for more clients than a process serves.
const LARGEST_POOL = 65_534;

/** The tunnel addresses of one IP version: leased by client name, and the same again for a client that comes back. */
export class AddressPool {
  readonly prefix: IpPrefix;
  readonly #size: number;
  readonly #reserved: Set<string>;
  readonly #byName = new Map<string, IpAddress>();
  readonly #taken = new Map<string, string>();

  /** `prefix` holds the server's own address; `fixed` are those that belong to certain clients. */
  constructor(prefix: IpPrefix, fixed: readonly IpAddress[]) {
    this.prefix = prefix;
    const hostBits = prefix.address.bytes.length * 8 - prefix.length;
    this.#size = Math.min(LARGEST_POOL, 2 ** Math.min(hostBits, 31) - 2);
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
    const chosen = wished !== undefined && this.#isFree(wished) ? wished : this.#firstFree();
    if (chosen === undefined) return undefined;
    this.#byName.set(name, chosen);
    this.#taken.set(chosen.text, name);
    return chosen;
  }

  /** Whether every address is leased. */
  get isFull(): boolean {
    return this.#byName.size + this.#reserved.size >= this.#size;
  }

  /** Makes the addresses free of all clients but these. */
  releaseAllBut(names: ReadonlySet<string>): void {
    for (const [name, address] of this.#byName) {
      if (names.has(name)) continue;
      this.#byName.delete(name);
      this.#taken.delete(address.text);
    }
  }

  #isFree(address: IpAddress): boolean {
    if (address.bytes.length !== this.prefix.address.bytes.length || !contains(this.prefix, address)) return false;
    const index = this.#indexOf(address);
    return index >= 1 && index <= this.#size && !this.#reserved.has(address.text) && !this.#taken.has(address.text);
  }

  #firstFree(): IpAddress | undefined {
    for (let index = 1; index <= this.#size; index++) {
      const address = this.#at(index);
      if (this.#isFree(address)) return address;
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
