import { array, type InferOutput, looseObject, number, object, optional, parse, string } from "valibot";
import { type BytesPerSecond, bytesPerSecond } from "../../../shared/protocol/units.ts";
import type { Direction } from "../relay/messages.ts";
import { WEB_ADDRESS } from "./home-network.ts";
import { type Lab, MULTIPATH } from "./lab.ts";
import type { LabProcess } from "./lab-process.ts";
import type { Namespace } from "./namespace.ts";
import { waitUntil } from "./wait.ts";

const FIRST_PORT = 5201;
const INTERVAL_SECONDS = 0.1;
const SLACK_MS = 30_000;
let flowCount = 0;

/** A congestion control of the kernel's TCP. */
export type Control = "cubic" | "bbr";

/** TCP between two namespaces, by iperf3: one flow unless it is said otherwise. "down" is towards the home. */
export type Flow = {
  readonly home: Namespace;
  readonly web: Namespace;
  readonly direction: Direction;
  readonly control: Control;
  readonly seconds: number;
  /** The home's address to use, where it has several. */
  readonly bind?: string;
  /** Whether to speak Multipath TCP (RFC 8684), by mptcpize. */
  readonly isMultipath?: boolean;
  /** Where the home finds the other end: the internet host's address when left out. */
  readonly address?: string;
  /** How many flows at the same time. */
  readonly streams?: number;
  /** Leaves the default routes as they are, where a daemon watches them; no namespace's default is to be BBR then. */
  readonly keepsRoutes?: boolean;
};

/** What the receiver of a flow got, in seconds since the flow began, and how many segments were sent again. */
export type FlowResult = {
  readonly intervals: readonly { readonly start: number; readonly end: number; readonly bytes: number }[];
  readonly retransmits: number;
};

/** A flow under way. */
export type RunningFlow = { readonly port: number; readonly sender: Namespace; readonly result: Promise<FlowResult> };

/** Starts a flow. Its result throws when iperf3 failed, as it does when a connection breaks. */
export async function startFlow(lab: Lab, flow: Flow): Promise<RunningFlow> {
  // A socket that begins with BBR, where that is the host's default, stays paced when iperf3 changes it to CUBIC.
  const ends = flow.keepsRoutes === true ? [] : [flow.home, flow.web];
  for (const end of ends) await end.useCongestionControl(flow.control);
  const port = FIRST_PORT + flowCount++;
  const [server, client] = [serverWords(port), clientWords(flow, port)].map((words) =>
    flow.isMultipath === true ? [...MULTIPATH, ...words] : words,
  );
  const receiving = start(lab, flow.web, server ?? []);
  await waitUntil(`iperf3 listens on ${port}`, 5000, async () => {
    return (await flow.web.run("ss", "-Htln", `sport = :${port}`)) !== "";
  });
  const sending = start(lab, flow.home, client ?? []);
  const sender = flow.direction === "down" ? flow.web : flow.home;
  return { port, sender, result: resultOf(flow, receiving, sending) };
}

/** Runs a flow to its end. */
export async function runFlow(lab: Lab, flow: Flow): Promise<FlowResult> {
  return await (await startFlow(lab, flow)).result;
}

/** The mean rate at which a flow's receiver got payload between two times in seconds since it began. */
export function goodputBetween({ intervals }: FlowResult, from: number, to: number): BytesPerSecond {
  const within = intervals.map(({ start, end, bytes }) => {
    const overlap = Math.min(end, to) - Math.max(start, from);
    return overlap > 0 ? (bytes * overlap) / (end - start) : 0;
  });
  return bytesPerSecond(within.reduce((sum, bytes) => sum + bytes, 0) / (to - from));
}

const start = (lab: Lab, namespace: Namespace, [command = "", ...args]: readonly string[]): LabProcess =>
  lab.start(namespace, command, args);

const serverWords = (port: number): string[] => [
  ...["iperf3", "--server", "--one-off", "--json"],
  ...["--port", String(port), "--interval", String(INTERVAL_SECONDS)],
];

const clientWords = ({ direction, control, seconds, bind, address, streams = 1 }: Flow, port: number): string[] => [
  ...[
    "iperf3",
    "--client",
    address ?? WEB_ADDRESS,
    "--json",
    "--port",
    String(port),
    "--interval",
    String(INTERVAL_SECONDS),
  ],
  ...["--time", String(seconds), "--congestion", control, "--parallel", String(streams)],
  ...(direction === "down" ? ["--reverse"] : []),
  ...(bind === undefined ? [] : ["--bind", bind]),
];

async function resultOf(flow: Flow, server: LabProcess, client: LabProcess): Promise<FlowResult> {
  const withinMs = flow.seconds * 1000 + SLACK_MS;
  await client.end(withinMs);
  const clientReport = reportOf(client);
  await server.end(SLACK_MS);
  const serverReport = reportOf(server);
  const [receiver, sender] = flow.direction === "down" ? [clientReport, serverReport] : [serverReport, clientReport];
  const control = sender.end.sender_tcp_congestion;
  if (control !== flow.control) throw new Error(`iperf3 was to use ${flow.control}, but used ${control}`);
  return {
    intervals: receiver.intervals.flatMap(({ streams }) => streams),
    retransmits: sender.end.sum_sent?.retransmits ?? 0,
  };
}

function reportOf(iperf: LabProcess): Report {
  const { output } = iperf;
  try {
    const { error, ...report } = parse(REPORT, JSON.parse(output));
    if (error === undefined) return report;
    throw new Error(error);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${iperf.name}: ${why}; its last output:\n${output.slice(-500)}`, { cause });
  }
}

const REPORT = object({
  error: optional(string()),
  intervals: array(looseObject({ streams: array(object({ start: number(), end: number(), bytes: number() })) })),
  end: looseObject({
    sender_tcp_congestion: optional(string()),
    sum_sent: optional(looseObject({ retransmits: optional(number()) })),
  }),
});

type Report = Omit<InferOutput<typeof REPORT>, "error">;
