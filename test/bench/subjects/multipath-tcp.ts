import { useBareLines } from "../../lab/toolkit/bare-lines.ts";
import { VPS_ADDRESS } from "../../lab/toolkit/home-network.ts";
import { missingCommands } from "../../lab/toolkit/requirements.ts";
import { LINKS } from "../network.ts";
import type { Subject } from "./subject.ts";

const MTU = 1500;

/** The kernel's Multipath TCP (RFC 8684) over both cables, without any tunnel. */
export const MULTIPATH_TCP: Subject = {
  name: "mptcp-2",
  missing: () => missingCommands(["mptcpize"]),
  up: async ({ client, server }) => {
    await useBareLines({ router: client, web: server, lines: LINKS });
    return { serverAddress: VPS_ADDRESS, mtu: MTU, isMultipath: true };
  },
};
