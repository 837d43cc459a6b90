// Makes a fresh clone ready for `npm test`, `npm run demo`, `npm run lab`, `npm run bench` and `npm run check`: Debian
// packages (when root), npm packages, the native addons and the compiled TypeScript. Plain JavaScript without dependencies, for it runs
// before all of them.
// Says nothing when there is nothing to do. With --npm-only it leaves Debian packages and the TypeScript alone.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NATIVE_PACKAGES = ["shared/native/dgram-native", "shared/native/tun-tap-linux"];
const LOCKED = "HAWSER_INSTALL_LOCKED";

// Each command that building or the lab needs, and the Debian package that brings it.
const COMMANDS = [
  ["ip", "iproute2"],
  ["nft", "nftables"],
  ["sysctl", "procps"],
  ["ping", "iputils-ping"],
  ["tshark", "tshark"],
  ["tcpdump", "tcpdump"],
  ["python3", "python3"],
  ["make", "build-essential"],
  ["g++", "build-essential"],
];
// What only `npm run lab` needs besides.
const LAB_COMMANDS = [
  ["iperf3", "iperf3"],
  ["mptcpize", "mptcpize"],
];
// What only `npm run bench` needs besides: what it drives, and what it measures Hawser beside.
const BENCH_COMMANDS = [
  ["iperf3", "iperf3"],
  ["mptcpize", "mptcpize"],
  ["ethtool", "ethtool"],
  ["wireguard-go", "wireguard-go"],
  ["wg", "wireguard-tools"],
  ["openvpn", "openvpn"],
  ["openssl", "openssl"],
];

const isNpmOnly = process.argv.includes("--npm-only");
// npm names the script that it runs: these cannot go on without their tools, tests skip what needs them.
const FURTHER_COMMANDS = { demo: [], lab: LAB_COMMANDS, bench: BENCH_COMMANDS };
const furtherCommands = FURTHER_COMMANDS[process.env.npm_lifecycle_event ?? ""];
const needsCommands = furtherCommands !== undefined;

function main() {
  process.chdir(ROOT);
  requireNodeVersion();
  holdLock();
  if (!isNpmOnly) installDebianPackages();
  installNpmPackages();
  buildNativePackages();
  if (!isNpmOnly) run("compile the TypeScript", join("node_modules", ".bin", "tsc"), ["-b"]);
}

function requireNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 9)) fail(`Node.js 20.9 or newer is needed; this is ${process.version}`);
}

// Two runs at once would install over each other. The kernel frees the lock on this folder however its holder ends.
function holdLock() {
  if (process.env[LOCKED] === "1" || !hasCommand("flock")) return;
  const child = spawnSync("flock", [ROOT, process.execPath, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, [LOCKED]: "1" },
  });
  process.exit(child.status ?? 1);
}

function installDebianPackages() {
  const commands = [...COMMANDS, ...(furtherCommands ?? [])];
  const missing = [...new Set(commands.filter(([command]) => !hasCommand(command)).map(([, name]) => name))];
  if (missing.length === 0) return;
  const wanted = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !hasCommand("apt-get")) {
    if (needsCommands) fail(`missing: ${missing.join(", ")}. As root, run: ${wanted}`);
    say(`missing: ${missing.join(", ")}; tests that need them are skipped. As root, run: ${wanted}`);
    return;
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  const apt = ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"];
  runQuietly("apt-get", [...apt, "update"]);
  const isInstalled = runQuietly("apt-get", [...apt, "install", "-y", "--no-install-recommends", ...missing]);
  if (isInstalled) return;
  if (needsCommands) fail(`could not install ${missing.join(", ")}`);
  say("tests that need them are skipped");
}

function installNpmPackages() {
  const installed = modifiedAt("node_modules/.package-lock.json");
  if (installed >= modifiedAt("package-lock.json")) return;
  say("installing npm packages and building the native ones");
  run("install npm packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], nativeEnvironment());
}

// npm ci has built them, unless their sources changed since or their build folders were removed.
function buildNativePackages() {
  for (const folder of NATIVE_PACKAGES) {
    const sources = ["binding.gyp", ...sourceFiles(join(folder, "src"))].map((name) => join(folder, name));
    const isUpToDate = builtAt(folder) >= Math.max(...sources.map(modifiedAt));
    if (isUpToDate || !existsSync(join(folder, "binding.gyp"))) continue;
    say(`building ${folder}`);
    run(
      `build ${folder}`,
      "npm",
      ["run", "--silent", "--loglevel=error", "install", "-w", folder],
      nativeEnvironment(),
    );
  }
}

function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => join("src", name));
}

function builtAt(folder) {
  const release = join(folder, "build", "Release");
  if (!existsSync(release)) return -1;
  const addons = readdirSync(release).filter((name) => name.endsWith(".node"));
  return Math.max(-1, ...addons.map((name) => modifiedAt(join(release, name))));
}

// Headers that came with this Node.js save node-gyp a download, and are sure to fit.
function nativeEnvironment() {
  const prefixes = [dirname(dirname(process.execPath)), "/usr"];
  const prefix = prefixes.find((folder) => hasFittingHeaders(join(folder, "include", "node")));
  const environment = { ...process.env, MAKEFLAGS: process.env.MAKEFLAGS ?? "-j2" };
  return prefix === undefined ? environment : { ...environment, npm_config_nodedir: prefix };
}

function hasFittingHeaders(folder) {
  const file = join(folder, "node_version.h");
  if (!existsSync(file)) return false;
  const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(file, "utf8"))?.[1];
  return major === process.versions.node.split(".")[0];
}

function hasCommand(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

function run(what, command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env });
  if (status !== 0) fail(`could not ${what}${error === undefined ? "" : `: ${error.message}`}`);
}

function runQuietly(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env });
  if (status !== 0) process.stderr.write(`${stdout}${stderr}`);
  return status === 0;
}

function say(text) {
  process.stderr.write(`install: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

main();
