import type { UplinkRequest } from "../shared/runtime/system/uplink-plan.ts";
import type { ClientLinkConfig } from "./client-config.ts";

/** What a link's section says about its uplink, with the server's addresses as far as they are known. */
export function uplinkRequest(link: ClientLinkConfig, index: number, remotes: readonly string[]): UplinkRequest {
  return {
    name: link.name,
    index,
    remotes,
    ...(link.bindDevice === undefined ? {} : { device: link.bindDevice }),
    ...(link.bindHost === undefined ? {} : { address: link.bindHost.text }),
    ...(link.gateway === undefined ? {} : { gateway: link.gateway.text }),
    ...(link.table === undefined ? {} : { table: link.table }),
    ...(link.fwmark === undefined ? {} : { mark: link.fwmark }),
  };
}
