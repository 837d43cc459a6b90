import { type Milliseconds, milliseconds } from "../../../shared/protocol/units.ts";
import type { SimulatedEnd } from "../simulated-end.ts";
import type { Simulation } from "../simulation.ts";
import { Arrivals } from "./arrivals.ts";
import type { Arrival, Network, Side } from "./network.ts";

// Lets what is due now happen, where a step of no length would let nothing happen.
const LEAST_STEP = 1e-6;

/** The tunnel of a simulation's first client as a network. The simulation must be connected. */
export class TunnelNetwork implements Network {
  readonly #simulation: Simulation;
  readonly #arrivals = new Arrivals();

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#listen(simulation.client.end, "client");
    this.#listen(simulation.server.end, "internet");
  }

  get now(): Milliseconds {
    return this.#simulation.now;
  }

  get mtu(): number {
    return Math.min(this.#simulation.client.tunnel.mtu, this.#simulation.serverTunnel?.mtu ?? 0);
  }

  get clientAddress(): readonly number[] {
    return this.#simulation.clientAddress;
  }

  send(from: Side, packet: Uint8Array): void {
    const { client, server, serverTunnel, now } = this.#simulation;
    if (from === "client") client.end.sendPackets(client.tunnel, [packet], now);
    else if (serverTunnel !== undefined) server.end.sendPackets(serverTunnel, [packet], now);
  }

  nextTimeout(): Milliseconds {
    const { client, server, ups, downs } = this.#simulation;
    let next = Math.min(client.end.host.nextTimeout(), server.end.host.nextTimeout());
    for (const line of ups) next = Math.min(next, line.nextTimeout());
    for (const line of downs) next = Math.min(next, line.nextTimeout());
    return milliseconds(next);
  }

  advance(until: Milliseconds): void {
    this.#simulation.run(milliseconds(Math.max(until, this.now + LEAST_STEP)));
  }

  receive(take: Arrival): void {
    this.#arrivals.take(take);
  }

  #listen(end: SimulatedEnd, side: Side): void {
    end.onDelivered = (packet) => this.#arrivals.add(side, packet);
  }
}
