import type { Lab } from "../toolkit/lab.ts";
import type { LabProcess } from "../toolkit/lab-process.ts";
import type { Namespace } from "../toolkit/namespace.ts";

// Bash, since its clock costs no process.
const SAMPLE = `while :; do
  echo "at $EPOCHREALTIME"; ss -tinHO "sport = :$1 or dport = :$1"; echo end; sleep 0.1
done`;

const FIELDS = [
  "cwnd",
  "ssthresh",
  "rtt",
  "minrtt",
  "unacked",
  "lost",
  "sacked",
  "retrans",
  "reordering",
  "rto",
] as const;

/** Watches the sender of a flow and prints a line every 100 ms: what was acknowledged since, and the state of its TCP. */
export function startTrace(lab: Lab, sender: Namespace, port: number): LabProcess {
  const sampler = lab.start(sender, "bash", ["-c", SAMPLE, "trace", String(port)]);
  const trace = new FlowTrace();
  sampler.onLine((line) => trace.take(line));
  return sampler;
}

type Sample = { readonly at: number; readonly sockets: readonly string[] };

class FlowTrace {
  readonly #ackedBefore = new Map<string, number>();
  #sample: { at: number; sockets: string[] } = { at: 0, sockets: [] };
  #startedAt: number | undefined;
  #lastAt = 0;

  take(line: string): void {
    const [first = "", second] = line.split(" ");
    if (first === "at") this.#sample = { at: Number(second), sockets: [] };
    else if (first === "end") this.#print(this.#sample);
    else this.#sample.sockets.push(line);
  }

  // Of iperf3's two connections the one with the data has sent more.
  #print({ at, sockets }: Sample): void {
    const flows = sockets.map((text) => ({
      text,
      name: nameOf(text),
      acked: Number(field(text, "bytes_acked") ?? 0),
    }));
    const most = Math.max(...flows.map(({ acked }) => acked));
    if (!(most > 10_000)) return;
    this.#startedAt ??= at;
    const elapsed = at - this.#lastAt;
    for (const { text, name, acked } of flows) {
      const before = this.#ackedBefore.get(name);
      this.#ackedBefore.set(name, acked);
      if (before === undefined || acked < most / 100) continue;
      const megabits = ((acked - before) * 8) / elapsed / 1e6;
      const state = FIELDS.map((key) => `${key} ${field(text, key) ?? "-"}`).join("  ");
      console.error(
        `${(at - this.#startedAt).toFixed(2).padStart(6)} s ${megabits.toFixed(1).padStart(6)} Mbit/s  ${state}`,
      );
    }
    this.#lastAt = at;
  }
}

// State, two queue lengths, and the addresses of both ends.
const nameOf = (text: string): string => text.trim().split(/\s+/).slice(3, 5).join(" ");

const field = (text: string, key: string): string | undefined => new RegExp(`\\s${key}:(\\S+)`).exec(text)?.[1];
