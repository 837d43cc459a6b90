import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../support/checkout.ts";
import { missingTcpdump } from "../support/tcpdump.ts";
import { fillTemplate, type Sections, type Settings } from "./toolkit/config-template.ts";
import { newSecret } from "./toolkit/daemon.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import type { LabProcess } from "./toolkit/lab-process.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { waitUntil } from "./toolkit/wait.ts";

const PROGRAM = join(ROOT, "dist/shared/cli/main.js");
const ADDRESS = "192.0.2.10";
const LINK: Sections = { dsl: { binddev: "wan1", bandwidth_upload: "1 MB/s", bandwidth_download: "1 MB/s" } };

describe("A daemon that cannot start", { skip: missingForLab(["unshare", "setpriv"]), timeout: 180_000 }, () => {
  let lab: Lab;
  let host: Namespace;
  let untouched: string;
  let password: string;
  let fileCount = 0;

  before(async () => {
    lab = await Lab.create();
    host = await lab.namespace("host");
    const provider = await lab.namespace("provider");
    await lab.connect(
      { namespace: host, device: "wan1", addresses: [`${ADDRESS}/24`] },
      { namespace: provider, device: "eth0", addresses: ["192.0.2.1/24"] },
    );
    await host.ip("route add default via 192.0.2.1");
    password = await newSecret();
    untouched = await hostSnapshot(host);
  });

  after(async () => {
    await lab.close();
  });

  const write = (text: string, mode = 0o600): string => {
    const file = join(lab.directory, `${fileCount++}.conf`);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };
  const serverFile = (settings: Settings = {}, mode = 0o600): string => {
    const control_socket = join(lab.directory, "server.sock");
    return write(fillTemplate("server", { password, control_socket, log_format: "text", ...settings }, {}), mode);
  };
  const clientFile = (settings: Settings = {}, links = LINK): string => {
    const control_socket = join(lab.directory, "client.sock");
    const general = { password, remotehost: "192.0.2.1", control_socket, log_format: "text", ...settings };
    return write(fillTemplate("client", general, links));
  };
  const start = (role: "client" | "server", file: string, wrapper: readonly string[] = []): LabProcess => {
    const environment = { HAWSER_RUN_DIRECTORY: lab.directory };
    const [command = "", ...args] = [...wrapper, process.execPath, PROGRAM, role, "-c", file];
    return lab.start(host, command, args, { environment });
  };
  const startsInVain = async (failing: LabProcess, code: number, message: RegExp): Promise<void> => {
    const exit = await failing.end(20_000);

    assert.deepEqual(exit, { code, signal: null }, failing.output);
    assert.equal(failing.lines.length, 1, failing.output);
    assert.match(failing.output, message);
    assert.equal(await hostSnapshot(host), untouched);
  };
  const inMounts = (mount: string): readonly string[] => [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `${mount}; exec "$@"`,
    "sh",
  ];

  it("names an unknown key, its line and what was meant", async () => {
    const file = write(fillTemplate("server", { password }, {}).replace("bindport =", "bindprot ="));

    await startsInVain(start("server", file), 2, /^hawser: .*\.conf:\d+: \[general\]: .*"bindprot".*"bindport"\?$/);
  });

  it("names a number that cannot be read", async () => {
    const links = { dsl: { ...LINK["dsl"], bandwidth_upload: "fast" } };

    await startsInVain(
      start("client", clientFile({}, links)),
      2,
      /^hawser: .*:\d+: \[dsl\] bandwidth_upload = "?fast"?: expected/,
    );
  });

  it("names a filter that libpcap refuses", { skip: missingTcpdump() }, async () => {
    const links = { ...LINK, filters: { dsl: "udp prot 5060" } };

    await startsInVain(
      start("client", clientFile({}, links)),
      2,
      /^hawser: .*:\d+: \[filters\] dsl = udp prot 5060: .*: expected a pcap expression, see pcap-filter\(7\)$/,
    );
  });

  it("asks for a missing password", async () => {
    const file = write(fillTemplate("server", {}, {}));

    await startsInVain(start("server", file), 2, /\[general\] password.*hawser genkey/);
  });

  it("refuses a secret that others can read", async () => {
    await startsInVain(start("server", serverFile({}, 0o644)), 2, /readable by others.*chmod 600/);
  });

  it("names a server that cannot be found", async () => {
    const file = clientFile({ remotehost: "nosuch.invalid" });

    await startsInVain(
      start("client", file, ["env", "RES_OPTIONS=timeout:1 attempts:1"]),
      1,
      /^hawser: look up nosuch\.invalid: E\w+: \w/,
    );
  });

  it("says which capability is missing", async () => {
    for (const [role, file] of [
      ["client", clientFile()],
      ["server", serverFile()],
    ] as const) {
      const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];

      await startsInVain(
        start(role, file, wrapper),
        1,
        /^hawser: set up the network: EPERM: CAP_NET_ADMIN missing: run/,
      );
    }
  });

  it("says how to get a missing /dev/net/tun", async () => {
    const wrapper = inMounts("mount -t tmpfs none /dev/net");

    await startsInVain(
      start("client", clientFile(), wrapper),
      1,
      /^hawser: open \/dev\/net\/tun: ENOENT: .*modprobe tun/,
    );
  });

  it("says how to get a missing nft", async () => {
    const wrapper = inMounts('mount --bind /dev/null "$(command -v nft)"');

    await startsInVain(start("server", serverFile(), wrapper), 1, /^hawser: run nft: ENOENT: .*apt install nftables/);
  });

  it("says that its UDP port is taken", async () => {
    const holder = lab.start(host, process.execPath, [
      "-e",
      `require("node:dgram").createSocket("udp6").bind(5080, "::", () => console.log("bound"))`,
    ]);
    await holder.line(/bound/);

    await startsInVain(start("server", serverFile()), 1, /^hawser: listen on :: port 5080: EADDRINUSE: .*bindport/);

    holder.signal("SIGKILL");
    await holder.end(5000);
  });

  it("says that this host does not have the address of bindhost", async () => {
    const file = serverFile({ bindhost: "203.0.113.77" });

    await startsInVain(
      start("server", file),
      1,
      /^hawser: listen on 203\.0\.113\.77 port 5080: EADDRNOTAVAIL: .*bindhost/,
    );
  });

  it("says that its interface's name is that of another device", async () => {
    const file = clientFile({ interface_name: "wan1" });

    await startsInVain(start("client", file), 1, /^hawser: open the interface wan1: EINVAL: .*interface_name/);
  });

  it("refuses a status command that others can write", async () => {
    const statuscommand = join(lab.directory, "status-command.sh");
    writeFileSync(statuscommand, "#!/bin/sh\n");
    chmodSync(statuscommand, 0o777);

    await startsInVain(
      start("client", clientFile({ statuscommand })),
      1,
      /^hawser: use statuscommand .*: EACCES: chmod go-w/,
    );
  });

  it("leaves a daemon alone that has its control socket or its interface", async () => {
    const running = start("server", serverFile());
    await running.line(/server started/);

    const sameInterface = start("server", serverFile({ bindport: 5081 }));
    assert.equal((await sameInterface.end(20_000)).code, 1);
    assert.match(sameInterface.output, /^hawser: take hawser0: EBUSY: process \d+ runs it already/);
    const sameSocket = start("server", serverFile({ bindport: 5081, interface_name: "hawser1" }));
    assert.equal((await sameSocket.end(20_000)).code, 1);
    assert.match(sameSocket.output, /^hawser: listen on .*server\.sock: EADDRINUSE: already running/);

    assert.equal(running.exit, undefined);
    assert.equal((await running.stop()).code, 0);
    assert.equal(await hostSnapshot(host), untouched);
  });

  it("is none when only a link's device is missing: that link waits for it", async () => {
    const links = { ...LINK, lte: { binddev: "wan9", bandwidth_upload: "1 MB/s", bandwidth_download: "1 MB/s" } };
    const file = clientFile({}, links);
    const check = await host.run(process.execPath, PROGRAM, "check", file);
    assert.match(check, /^warning: \[lte\] binddev: there is no device wan9 now$/m);
    const client = start("client", file);
    await client.line(/client started/);

    const text = await waitUntil("the status tells why", 10_000, async () => {
      const status = await host.run(process.execPath, PROGRAM, "status", join(lab.directory, "client.sock"));
      return status.includes("device missing") && status;
    });

    assert.match(text, /^ {2}lte +down /m);
    assert.match(text, /^ {2}dsl +probing /m);
    assert.equal((await client.stop()).code, 0);
    assert.equal(await hostSnapshot(host), untouched);
  });
});
