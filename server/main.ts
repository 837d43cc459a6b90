import { availableParallelism } from "node:os";
import { runDirectory } from "../shared/observe/control-path.ts";
import { createLogger } from "../shared/observe/log.ts";
import { bytes } from "../shared/protocol/units.ts";
import { ciphersFor } from "../shared/runtime/data-plane/defaults.ts";
import { createHandshakeCrypto } from "../shared/runtime/handshake-crypto.ts";
import { secretKeyFromText } from "../shared/runtime/secret-key.ts";
import { requireSafeScript } from "../shared/runtime/status-command.ts";
import { isRestarting } from "../shared/runtime/stop-reason.ts";
import { describeChange } from "../shared/runtime/system/change-actions.ts";
import type { HostChange } from "../shared/runtime/system/host-change.ts";
import { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { requirePrivileges } from "../shared/runtime/system/privileges.ts";
import { hawserVersion } from "../shared/runtime/version.ts";
import type { ServerPlaneData } from "./data-plane-messages.ts";
import type { ServerConfig } from "./server-config.ts";
import { ServerDaemon } from "./server-daemon.ts";
import { planServerHost } from "./server-host.ts";
import { openWorkers } from "./workers.ts";

const ANY_IP4 = "0.0.0.0";
const ANY_IP6 = "::";

/** Runs the server until `signal` is aborted and answers the exit code. Throws SystemError when it cannot start. */
export async function runServer(
  config: ServerConfig,
  options: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<number> {
  if (options.dryRun) {
    process.stdout.write(`${(await planServer(config)).join("\n")}\n`);
    return 0;
  }
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  await requirePrivileges();
  if (config.statusCommand !== undefined) await requireSafeScript(config.statusCommand);
  const planeData = await planeDataOf(config);
  if (options.signal.aborted) return 0;
  const changes = await HostChanges.open({ interfaceName: config.interfaceName, directory: runDirectory() });
  for (const command of changes.recovered) log.info({ command }, "undone: left over from a crash");
  const workers = openWorkers(config, availableParallelism(), log);
  const daemon = new ServerDaemon({ config, planeData, workers, changes, log, version: hawserVersion() });
  try {
    await daemon.run(options.signal);
  } finally {
    workers.close();
    const failures = await changes.close({ keepsFirewall: isRestarting(options.signal) });
    for (const { message } of failures) log.error({ err: message }, "could not be undone");
    await daemon.settle();
  }
  log.info("server stopped");
  return 0;
}

/** What the server would do to this machine, a line each. */
export async function planServer(config: ServerConfig): Promise<readonly string[]> {
  const changes = await planServerHost(config);
  return [`# interface ${config.interfaceName}`, ...changes.flatMap(linesOf)];
}

function linesOf(change: HostChange): readonly string[] {
  return describeChange(change).split("\n");
}

async function planeDataOf(config: ServerConfig): Promise<ServerPlaneData> {
  const isBoth = config.bindHosts.some(({ text }) => text === ANY_IP4);
  return {
    interfaceName: config.interfaceName,
    offload: config.offload,
    sockets: config.bindHosts.map(({ text, family }) => ({
      address: text,
      family,
      dualStack: text === ANY_IP6 && !isBoth,
    })),
    port: config.bindPort,
    secrets: await secretsOf(config),
    clients: config.clients.map(({ secret, ...client }) => ({ ...client, hasSecret: secret !== undefined })),
    linkRates: config.linkRates,
    ip4: config.ip4,
    ip6: config.ip6,
    dns: config.dns,
    allowsClientToClient: config.clientToClient,
    maxClients: config.maxClients,
    ciphers: ciphersFor(config.cipher),
    mrru: Math.max(config.mrru, config.mtu === "auto" ? 0 : config.mtu),
    reorderWait: config.reorderWait,
    scheduler: config.scheduler,
    retransmit: config.retransmit,
    redundancy: config.redundancy,
    nice: config.nice,
    deadAfter: config.timeout === "auto" ? undefined : config.timeout,
    tunnelMtu: config.mtu === "auto" ? undefined : bytes(config.mtu),
    version: hawserVersion(),
  };
}

async function secretsOf(config: ServerConfig): Promise<ServerPlaneData["secrets"]> {
  const crypto = await createHandshakeCrypto();
  const secrets: ServerPlaneData["secrets"][number][] = [];
  for (const { name, secret } of config.clients) {
    if (secret === undefined) continue;
    secrets.push({ secret: await secretKeyFromText(crypto, secret.reveal()), owner: { kind: "client", name } });
  }
  if (config.secret !== undefined) {
    secrets.push({ secret: await secretKeyFromText(crypto, config.secret.reveal()), owner: { kind: "everybody" } });
  }
  return secrets;
}
