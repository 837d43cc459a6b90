import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ServerAddresses } from "../../client/server-addresses.ts";

describe("The addresses of a server", () => {
  it("are what the resolver answers, and an address is its own", async () => {
    const servers = new ServerAddresses();

    await servers.resolve(["203.0.113.2", "2001:db8::2"]);

    assert.deepEqual(servers.all("203.0.113.2"), ["203.0.113.2"]);
    assert.deepEqual(servers.choose("dsl", "2001:db8::2", [4, 6]), { family: 6, address: "2001:db8::2" });
  });

  it("are only used on links that speak their IP version", async () => {
    const servers = new ServerAddresses();
    await servers.resolve(["2001:db8::2"]);

    assert.equal(servers.choose("dsl", "2001:db8::2", [4]), undefined);
  });

  it("stay the same when a link goes on to the next of a single one", async () => {
    const servers = new ServerAddresses();
    await servers.resolve(["203.0.113.2"]);

    servers.advance("dsl");

    assert.equal(servers.choose("dsl", "203.0.113.2", [4])?.address, "203.0.113.2");
  });

  it("are not looked up again a moment later", async () => {
    const servers = new ServerAddresses();
    await servers.resolve(["203.0.113.2"]);

    assert.equal(await servers.refresh("203.0.113.2"), false);
    assert.deepEqual(servers.all("203.0.113.2"), ["203.0.113.2"]);
  });

  it("cannot be had of a host that is none", async () => {
    await assert.rejects(new ServerAddresses().resolve(["not a host"]), {
      name: "SystemError",
      message: /^look up not a host: E/,
    });
  });
});
