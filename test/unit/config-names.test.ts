import assert from "node:assert/strict";
import { isIPv6, SocketAddress } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  contains,
  type IpAddress,
  type IpPrefix,
  ipAddress,
  lastAddressOf,
  networkOf,
  overlaps,
  parseIpAddress,
  parseIpPrefix,
  parseNetwork,
} from "../../shared/config/values/ip-address.ts";
import {
  isLinkName,
  parseAbsolutePath,
  parseHost,
  parseInterfaceName,
  parseName,
} from "../../shared/config/values/name.ts";
import { listOf } from "../../shared/config/values/plain.ts";

describe("An IP address", () => {
  it("is read into its bytes and its canonical text (RFC 5952 §4)", () => {
    assert.deepEqual(parseIpAddress("10.44.43.1"), {
      family: 4,
      text: "10.44.43.1",
      bytes: Uint8Array.of(10, 44, 43, 1),
    });
    assert.equal(parseIpAddress("2001:DB8:0:0:1:0:0:1")?.text, "2001:db8::1:0:0:1");
    assert.equal(parseIpAddress("2001:0db8::0001")?.text, "2001:db8::1");
    assert.equal(parseIpAddress("2001:db8:0:1:1:1:1:1")?.text, "2001:db8:0:1:1:1:1:1");
    assert.equal(parseIpAddress("::")?.text, "::");
    assert.equal(parseIpAddress("fe80::")?.text, "fe80::");
    assert.equal(parseIpAddress("::1.2.3.4")?.text, "::102:304");
  });

  for (const text of ["", "10.44.43", "10.44.43.256", "010.1.1.1", "fd44::1::2", "fe80::1%eth0", "[::1]", "host"]) {
    it(`is not "${text}"`, () => {
      assert.equal(parseIpAddress(text), undefined);
    });
  }

  it("is read again as it was printed, and as Node prints it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.ipV6(), (random, text) => {
        const address = ipAddress(random);

        assert.deepEqual(parseIpAddress(address.text), address);
        assert.equal(parseIpAddress(text)?.text, canonical(text));
      }),
    );
  });
});

describe("A prefix", () => {
  it("has an address with or without bits behind its length", () => {
    assert.equal(parseIpPrefix("10.44.43.1/24")?.text, "10.44.43.1/24");
    assert.equal(parseIpPrefix("fd44::1/64")?.text, "fd44::1/64");
    assert.deepEqual(
      ["10.44.43.1", "10.44.43.1/33", "fd44::1/129", "/24", "10.0.0.0/ 8"].map(parseIpPrefix),
      Array(5).fill(undefined),
    );
  });

  it("is a network only without bits behind its length; a lone address is one of full length", () => {
    assert.equal(parseNetwork("192.168.0.0/16")?.text, "192.168.0.0/16");
    assert.equal(parseNetwork("192.168.0.7")?.text, "192.168.0.7/32");
    assert.equal(parseNetwork("::/0")?.text, "::/0");
    assert.equal(parseNetwork("192.168.1.0/16"), undefined);
  });

  it("knows its first and last address and what lies in it", () => {
    const pool = prefix("10.44.43.9/22");

    assert.equal(networkOf(pool).text, "10.44.40.0");
    assert.equal(lastAddressOf(pool).text, "10.44.43.255");
    assert.equal(contains(pool, address("10.44.41.3")), true);
    assert.equal(contains(pool, address("10.44.44.0")), false);
    assert.equal(contains(pool, address("::1")), false);
    assert.equal(contains(prefix("0.0.0.0/0"), address("203.0.113.1")), true);
  });

  it("overlaps what it contains and what contains it", () => {
    assert.equal(overlaps(prefix("10.0.0.0/8"), prefix("10.1.0.0/16")), true);
    assert.equal(overlaps(prefix("10.1.0.0/16"), prefix("10.0.0.0/8")), true);
    assert.equal(overlaps(prefix("10.0.0.0/9"), prefix("10.128.0.0/9")), false);
    assert.equal(overlaps(prefix("::/0"), prefix("0.0.0.0/0")), false);
  });
});

describe("A host", () => {
  it("is a name (RFC 1123 §2.1) or an address", () => {
    assert.deepEqual(["vps.example.net", "localhost", "a-b.c.", "FD44::1", "10.0.0.1"].map(parseHost), [
      ...["vps.example.net", "localhost", "a-b.c.", "fd44::1", "10.0.0.1"],
    ]);
    const wrong = [
      "",
      "10.0.0.256",
      "-a.example",
      "a..b",
      "two words",
      "host:5080",
      "http://host",
      `${"a".repeat(64)}.net`,
    ];
    assert.deepEqual(
      wrong.map(parseHost),
      wrong.map(() => undefined),
    );
  });
});

describe("A network interface's name", () => {
  it("has at most 15 bytes and no slash, colon, per cent or white space", () => {
    assert.deepEqual(["eth1", "wwan0.100", "enx0123456789ab"].map(parseInterfaceName), [
      "eth1",
      "wwan0.100",
      "enx0123456789ab",
    ]);
    const wrong = ["", "a".repeat(16), "üüüüüüüü", "a/b", "a b", "eth0:1", "tun%d", ".", "..", "a\u0000"];
    assert.deepEqual(
      wrong.map(parseInterfaceName),
      wrong.map(() => undefined),
    );
  });
});

describe("A client's or link's name", () => {
  it("has letters, digits and few marks", () => {
    assert.deepEqual(["alice", "dsl-1", "home.example", "a@b"].map(parseName), [
      "alice",
      "dsl-1",
      "home.example",
      "a@b",
    ]);
    const wrong = ["", "two words", "-a", "ü", "a".repeat(65), "a/b"];
    assert.deepEqual(
      wrong.map(parseName),
      wrong.map(() => undefined),
    );
  });

  it("of a link is none of the words for other sections", () => {
    assert.deepEqual(["dsl1", "general", "client", "filters"].map(isLinkName), [true, false, false, false]);
  });
});

describe("A path", () => {
  it("begins at the root", () => {
    assert.equal(parseAbsolutePath("/etc/hawser/up.sh"), "/etc/hawser/up.sh");
    assert.equal(parseAbsolutePath("up.sh"), undefined);
    assert.equal(parseAbsolutePath("/a\nb"), undefined);
  });
});

describe("A list", () => {
  it("is separated by spaces or commas and has no item that cannot be read", () => {
    const read = listOf(parseIpAddress);

    assert.deepEqual(
      read("1.1.1.1, 9.9.9.9 ::1")?.map(({ text }) => text),
      ["1.1.1.1", "9.9.9.9", "::1"],
    );
    assert.equal(read("1.1.1.1 dns"), undefined);
    assert.equal(read(" , "), undefined);
  });
});

function address(text: string): IpAddress {
  const read = parseIpAddress(text);
  assert.ok(read);
  return read;
}

function prefix(text: string): IpPrefix {
  const read = parseIpPrefix(text);
  assert.ok(read);
  return read;
}

// Node writes the last 32 bits of some addresses in the IPv4 way, which RFC 5952 §5 leaves open.
function canonical(text: string): string {
  const printed = new SocketAddress({ address: text, family: "ipv6" }).address;
  return isIPv6(printed) && printed.includes(".") ? (parseIpAddress(printed)?.text ?? "") : printed;
}
