import { runDirectory } from "../shared/observe/control-path.ts";
import { createLogger } from "../shared/observe/log.ts";
import type { LinkFilter } from "../shared/protocol/pinning/link-filters.ts";
import { ciphersFor, lineMtu } from "../shared/runtime/data-plane/defaults.ts";
import { createHandshakeCrypto } from "../shared/runtime/handshake-crypto.ts";
import { secretKeyFromText } from "../shared/runtime/secret-key.ts";
import { requireSafeScript } from "../shared/runtime/status-command.ts";
import { isRestarting } from "../shared/runtime/stop-reason.ts";
import { describeChange } from "../shared/runtime/system/change-actions.ts";
import type { HostChange } from "../shared/runtime/system/host-change.ts";
import { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { compileFilters } from "../shared/runtime/system/packet-filter-compiler.ts";
import { requirePrivileges } from "../shared/runtime/system/privileges.ts";
import { hawserVersion } from "../shared/runtime/version.ts";
import type { ClientConfig } from "./client-config.ts";
import { ClientDaemon } from "./client-daemon.ts";
import type { ClientPlaneData } from "./data-plane-messages.ts";
import { Quotas } from "./quotas.ts";
import { ServerAddresses } from "./server-addresses.ts";
import { planTunnelDevice } from "./tunnel-device.ts";
import { uplinkRequest } from "./uplink-request.ts";
import { planUplinks } from "./uplinks.ts";

// For `--dry-run`, where no server has said anything yet.
const USUAL_MTU = 1442;

/** Runs the client until `signal` is aborted and answers the exit code. Throws SystemError when it cannot start. */
export async function runClient(
  config: ClientConfig,
  options: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const { dryRun, signal } = options;
  const servers = new ServerAddresses();
  if (dryRun) {
    await servers.resolve(config.links.map(({ remoteHost }) => remoteHost));
    await filtersOf(config, signal);
    process.stdout.write(`${(await planClient(config)).join("\n")}\n`);
    return 0;
  }
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  await requirePrivileges();
  if (config.statusCommand !== undefined) await requireSafeScript(config.statusCommand);
  await unlessAborted(servers.resolve(config.links.map(({ remoteHost }) => remoteHost)), signal);
  const planeData = await planeDataOf(config, signal).catch((error: unknown) => {
    // A compiler of filters that was stopped with us is no failure.
    if (signal.aborted) return undefined;
    throw error;
  });
  if (planeData === undefined || signal.aborted) return 0;
  const changes = await HostChanges.open({ interfaceName: config.interfaceName, directory: runDirectory() });
  for (const command of changes.recovered) log.info({ command }, "undone: left over from a crash");
  const quotas = await Quotas.open(config, (message) => log.warn(message));
  const daemon = new ClientDaemon({ config, planeData, servers, changes, quotas, log, version: hawserVersion() });
  try {
    await daemon.run(signal);
  } finally {
    const failures = await changes.close({ keepsFirewall: isRestarting(signal) });
    for (const { message } of failures) log.error({ err: message }, "could not be undone");
    await daemon.settle();
  }
  log.info("client stopped");
  return 0;
}

/** What the client would do to this machine, a line each; a server that cannot be found is passed over. */
export async function planClient(config: ClientConfig): Promise<readonly string[]> {
  const servers = new ServerAddresses();
  for (const { remoteHost } of config.links) await servers.refresh(remoteHost);
  const requests = config.links.map((link, index) => uplinkRequest(link, index, servers.all(link.remoteHost)));
  const lines: string[] = [];
  for (const [link, plan] of await planUplinks(requests, config.interfaceName)) {
    lines.push(plan.kind === "available" ? `# link ${link}` : `# link ${link}: ${plan.reason}`);
    lines.push(...plan.changes.flatMap(linesOf));
  }
  const addresses = [config.ip4, config.ip6].filter((address) => address !== undefined);
  const terms = { addresses, gateways: [], routes: config.routes.map(({ text }) => text), nameServers: [] };
  const mtu = config.mtu === "auto" ? USUAL_MTU : config.mtu;
  const origin = addresses.length === 0 ? "with addresses that the server chooses" : "once the server has agreed";
  lines.push(`# interface ${config.interfaceName}, ${origin}`);
  lines.push(...(await planTunnelDevice(config, config.interfaceName, terms, mtu)).flatMap(linesOf));
  return lines;
}

function linesOf(change: HostChange): readonly string[] {
  return describeChange(change).split("\n");
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([work, aborted]);
}

/** The programs of [filters] for the links that are enabled. Throws ConfigError for expressions that are none. */
async function filtersOf(config: ClientConfig, signal: AbortSignal): Promise<readonly LinkFilter[]> {
  const filters = await compileFilters(config.filters, signal);
  return filters.filter(({ link }) => config.links.some(({ name }) => name === link));
}

async function planeDataOf(config: ClientConfig, signal: AbortSignal): Promise<ClientPlaneData> {
  const crypto = await createHandshakeCrypto();
  const inner = (prefix: ClientConfig["ip4"]) =>
    prefix === undefined ? undefined : { address: prefix.address.bytes, prefixLength: prefix.length };
  return {
    interfaceName: config.interfaceName,
    offload: config.offload,
    secret: await secretKeyFromText(crypto, config.secret.reveal()),
    clientName: config.name,
    ciphers: ciphersFor(config.cipher),
    ip4: inner(config.ip4),
    ip6: inner(config.ip6),
    keepalive: config.keepalive,
    deadAfter: config.timeout === "auto" ? undefined : config.timeout,
    mrru: Math.max(config.mrru, config.mtu === "auto" ? 0 : config.mtu),
    reorderWait: config.reorderWait,
    scheduler: config.scheduler,
    retransmit: config.retransmit,
    redundancy: config.redundancy,
    nice: config.nice,
    filters: await filtersOf(config, signal),
    version: hawserVersion(),
    links: config.links.map(({ name, upload, download, line, mtu }) => ({
      name,
      sendLimits: upload,
      receiveLimits: download,
      line,
      mtu: lineMtu(mtu),
    })),
  };
}
