import { setTimeout as pause } from "node:timers/promises";
import { number, object } from "valibot";
import type { LoadOrder } from "../tools/udp-messages.ts";
import type { Running } from "./bench-case.ts";
import { Conversation } from "./conversation.ts";

const PORT = 7000;
// Until what is under way has arrived or is lost.
const DRAIN_MS = 150;
const SLACK_MS = 10_000;
const LOAD_REPORT = object({ sent: number() });
const SINK_REPORT = object({ received: number() });

/** What was offered and what arrived, in packets. */
export type Trial = { readonly sent: number; readonly received: number };

/** A source of UDP in the client and a sink in the server, for as many trials as wanted. */
export class UdpLoad {
  readonly #address: string;
  readonly #source: Conversation;
  readonly #sink: Conversation;

  private constructor({ network, carrier }: Running) {
    const { lab, client, server } = network;
    this.#address = carrier.serverAddress;
    const options = { hasChannel: true };
    this.#sink = new Conversation(lab.startProgram(server, "test/bench/tools/udp-sink.js", [String(PORT)], options));
    this.#source = new Conversation(lab.startProgram(client, "test/bench/tools/udp-source.js", [], options));
  }

  static async start(running: Running): Promise<UdpLoad> {
    const load = new UdpLoad(running);
    for (const { process } of [load.#source, load.#sink]) await process.line(/^ready$/);
    return load;
  }

  /** Offers so many packets of `payload` bytes a second, for so long. */
  async offer(packetsPerSecond: number, payload: number, seconds: number): Promise<Trial> {
    const before = await this.#received();
    const order: LoadOrder = { address: this.#address, port: PORT, payload, packetsPerSecond, seconds };
    const { sent } = await this.#source.ask(order, LOAD_REPORT, seconds * 1000 + SLACK_MS);
    await pause(DRAIN_MS);
    return { sent, received: (await this.#received()) - before };
  }

  async stop(): Promise<void> {
    for (const { process } of [this.#source, this.#sink]) await process.stop();
  }

  async #received(): Promise<number> {
    return (await this.#sink.ask("how many?", SINK_REPORT, SLACK_MS)).received;
  }
}
