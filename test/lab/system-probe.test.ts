import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { requirePrivileges } from "../../shared/runtime/system/privileges.ts";
import { ROOT } from "../support/checkout.ts";
import { Lab } from "./toolkit/lab.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";

const PROBE = `import(${JSON.stringify(join(ROOT, "dist/shared/runtime/system/privileges.js"))})
  .then((module) => module.requirePrivileges()).then(() => console.log("fine"), (error) => console.log(error.message))`;

describe("The probe of privileges", { skip: missingForLab(["flock", "setpriv"]) }, () => {
  let lab: Lab;
  let host: Namespace;

  before(async () => {
    lab = await Lab.create();
    host = await lab.namespace("host");
  });

  after(async () => {
    await lab.close();
  });

  async function probe(...restriction: readonly string[]): Promise<string> {
    const [command = process.execPath, ...words] = [...restriction, process.execPath, "-e", PROBE];
    return (await host.run(command, ...words)).trim();
  }

  it("finds nothing missing for root", async () => {
    await requirePrivileges();
  });

  it("names the capability that is missing", async () => {
    const said = await probe("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw");

    assert.match(said, /EPERM: CAP_NET_RAW missing: run as root/);
  });

  it("says how to get a program that is missing", async () => {
    const said = await probe(
      "unshare",
      "--mount",
      "sh",
      "-c",
      'mount --bind /dev/null "$(command -v nft)" && exec "$@"',
      "-",
    );

    assert.match(said, /apt install nftables/);
  });

  it("says how to get /dev/net/tun", async () => {
    const said = await probe("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "-");

    assert.match(said, /open \/dev\/net\/tun: ENOENT: load the driver: modprobe tun/);
  });
});
