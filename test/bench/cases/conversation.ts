import { type GenericSchema, parse } from "valibot";
import type { LabProcess } from "../../lab/toolkit/lab-process.ts";
import { within } from "../../lab/toolkit/wait.ts";

/** Questions to a process with a channel that answers each by one message, one after another. */
export class Conversation {
  readonly process: LabProcess;
  #take: (message: unknown) => void = () => undefined;

  constructor(process: LabProcess) {
    this.process = process;
    process.onMessage((message) => this.#take(message));
  }

  /** Asks and answers what came back. Throws when that takes too long or is not what the schema says. */
  async ask<T>(question: object | string, schema: GenericSchema<unknown, T>, withinMs: number): Promise<T> {
    const answer = new Promise<unknown>((resolve) => {
      this.#take = resolve;
    });
    this.process.send(question);
    return parse(schema, await within(`${this.process.name} answered`, withinMs, answer));
  }
}
