import { VPS_ADDRESS } from "../../lab/toolkit/home-network.ts";
import { translateAtServer } from "../network.ts";
import type { Subject } from "./subject.ts";

const MTU = 1500;

/** The first cable without any tunnel: what the machine itself can do. */
export const BARE: Subject = {
  name: "bare",
  missing: () => undefined,
  up: async (network) => {
    await translateAtServer(network);
    return { serverAddress: VPS_ADDRESS, mtu: MTU };
  },
};
