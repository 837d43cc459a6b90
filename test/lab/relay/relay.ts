import type { LineOptions } from "../../emulator/line-options.ts";
import type { Lab } from "../toolkit/lab.ts";
import type { LabProcess } from "../toolkit/lab-process.ts";
import type { Namespace } from "../toolkit/namespace.ts";
import { within } from "../toolkit/wait.ts";
import type { Direction, RelayCounts, RelayLine, RelayOrder, RelayReply } from "./messages.ts";

const BOTH: readonly Direction[] = ["up", "down"];
const REPLY_WITHIN_MS = 10_000;

/** The running relay process, as a test sees it. Every method is done when the relay has done it. */
export class Relay {
  readonly #process: LabProcess;
  readonly #pending = new Map<number, (reply: RelayReply) => void>();
  #nextId = 0;

  private constructor(relay: LabProcess) {
    this.#process = relay;
    relay.onMessage((message) => this.#take(message));
  }

  /** Starts a relay in a namespace, where it makes the lines' devices, which are then to be moved and set up. */
  static async start(lab: Lab, namespace: Namespace, lines: readonly RelayLine[]): Promise<Relay> {
    const relay = new Relay(lab.startProgram(namespace, "test/lab/relay/main.js", [], { hasChannel: true }));
    await relay.#ask({ kind: "open", lines });
    return relay;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Loses everything on a line, in silence. */
  async cut(line: string, directions = BOTH): Promise<void> {
    await this.#ask({ kind: "cut", line, directions });
  }

  async restore(line: string, directions = BOTH): Promise<void> {
    await this.#ask({ kind: "restore", line, directions });
  }

  /** Changes some properties of a line, such as its rate. */
  async change(line: string, options: Partial<Record<Direction, Partial<LineOptions>>>): Promise<void> {
    await this.#ask({ kind: "change", line, options });
  }

  async counts(line: string): Promise<RelayCounts> {
    const { counts } = await this.#ask({ kind: "counts", line });
    if (counts === undefined) throw new Error("the relay answered without counts");
    return counts;
  }

  async #ask(order: RelayOrder): Promise<RelayReply> {
    const id = this.#nextId++;
    const replied = new Promise<RelayReply>((resolve) => this.#pending.set(id, resolve));
    const ended = this.#process.exited.then(() => ({ id, error: `the relay ended:\n${this.#process.output}` }));
    this.#process.send({ id, order });
    const reply: RelayReply = await within(
      `the relay did ${order.kind}`,
      REPLY_WITHIN_MS,
      Promise.race([replied, ended]),
    );
    if (reply.error !== undefined) throw new Error(`relay: ${order.kind}: ${reply.error}`);
    return reply;
  }

  #take(message: unknown): void {
    if (!isReply(message)) return;
    this.#pending.get(message.id)?.(message);
    this.#pending.delete(message.id);
  }
}

const isReply = (message: unknown): message is RelayReply =>
  typeof message === "object" && message !== null && "id" in message && typeof message.id === "number";
