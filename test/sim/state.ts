import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import type { Simulation } from "./simulation.ts";

/** What nothing but an authentic and fresh datagram may change, of the first client and of the server. */
export function stateOf(simulation: Simulation) {
  const { client, server, events } = simulation;
  return {
    tunnels: [client.tunnel, ...server.end.host.tunnels].map(tunnelState),
    keys: [client.end.keyCount, server.end.keyCount],
    cells: [client.end.host.freeCells, server.end.host.freeCells],
    events: events.length,
  };
}

function tunnelState(tunnel: Tunnel) {
  const { links, delivered, receiving, outbound } = tunnel;
  return {
    links: links.map(({ name, state, association, received, outlet, roundTripTime, reorderingMargin }) => ({
      name,
      state,
      keys: association?.keys,
      newest: association?.window.highest,
      received: { ...received },
      outlet,
      rtt: roundTripTime.smoothed,
      margin: reorderingMargin.packets,
    })),
    delivered: { ...delivered },
    reordering: { ...receiving.counters },
    held: receiving.heldCount,
    queued: outbound.queue.count,
  };
}
