import { join } from "node:path";
import type { UplinkEvent } from "../../client/uplinks.ts";
import type { NatRequest } from "../../server/nat.ts";
import type { HostChange } from "../../shared/runtime/system/host-change.ts";
import type { TunnelRequest } from "../../shared/runtime/system/tunnel-plan.ts";
import type { UplinkRequest } from "../../shared/runtime/system/uplink-plan.ts";
import type { Lab } from "./toolkit/lab.ts";
import type { LabProcess } from "./toolkit/lab-process.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { within } from "./toolkit/wait.ts";

/** What an agent (`system-agent.ts`) can be told to do in its namespace. */
export type AgentOrder =
  | { readonly do: "open"; readonly interfaceName: string; readonly directory: string }
  | { readonly do: "use resolver file"; readonly path: string }
  | { readonly do: "apply"; readonly changes: readonly HostChange[] }
  | { readonly do: "set up a tunnel"; readonly request: TunnelRequest }
  | {
      readonly do: "set up a client's firewall";
      readonly device: string;
      readonly addresses: readonly string[];
      readonly masquerades: boolean;
    }
  | { readonly do: "set up NAT"; readonly request: NatRequest }
  | { readonly do: "undo"; readonly changes: readonly HostChange[] }
  | { readonly do: "follow uplinks"; readonly links: readonly UplinkRequest[]; readonly tunnelDevice: string }
  | { readonly do: "settle" }
  | { readonly do: "close" };

/** What an agent says. */
export type AgentMessage =
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "failure"; readonly text: string }
  | { readonly kind: "event"; readonly event: UplinkEvent };

type Waiter = { readonly isWanted: (event: UplinkEvent) => boolean; readonly resolve: (event: UplinkEvent) => void };

const WAIT_MS = 15_000;

/** A process in a namespace that obeys orders one at a time. */
export class Agent {
  readonly events: UplinkEvent[] = [];
  readonly #process: LabProcess;
  readonly #waiters = new Set<Waiter>();
  #settle: (message: AgentMessage) => void = () => {};

  constructor(lab: Lab, namespace: Namespace) {
    this.#process = lab.startProgram(namespace, "test/lab/system-agent.js", [], { hasChannel: true });
    this.#process.onMessage((message) => this.#take(message));
  }

  /** Gives an order and waits until it is done; throws when it failed. */
  async obey(order: AgentOrder): Promise<unknown> {
    const answered = new Promise<AgentMessage>((resolve) => {
      this.#settle = resolve;
    });
    this.#process.send(order);
    const answer = await within(`it did "${order.do}"\n${this.#process.output}`, WAIT_MS, answered);
    if (answer.kind === "failure") throw new Error(answer.text);
    return answer.kind === "answer" ? answer.value : null;
  }

  /** Opens a journal in the lab's folder. */
  async open(lab: Lab, interfaceName: string): Promise<unknown> {
    return await this.obey({ do: "open", interfaceName, directory: join(lab.directory, "run") });
  }

  /** The next event that is wanted; `seen` is how many events the test has dealt with. */
  async event(what: string, seen: number, isWanted: (event: UplinkEvent) => boolean): Promise<UplinkEvent> {
    const past = this.events.slice(seen).find(isWanted);
    if (past !== undefined) return past;
    const coming = new Promise<UplinkEvent>((resolve) => this.#waiters.add({ isWanted, resolve }));
    return await within(what, WAIT_MS, coming).catch((error: unknown) => {
      throw new Error(`${error}\n${JSON.stringify(this.events)}\n${this.#process.output}`);
    });
  }

  async crash(): Promise<void> {
    this.#process.signal("SIGKILL");
    await this.#process.end(WAIT_MS);
  }

  #take(message: unknown): void {
    if (!isAgentMessage(message)) return;
    if (message.kind !== "event") {
      this.#settle(message);
      return;
    }
    this.events.push(message.event);
    for (const waiter of this.#waiters) {
      if (!waiter.isWanted(message.event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message.event);
    }
  }
}

function isAgentMessage(message: unknown): message is AgentMessage {
  return typeof message === "object" && message !== null && "kind" in message;
}
