import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countText, durationText, rateText, sizeText } from "../../shared/observe/people-text.ts";
import type { BundleStatus, LinkStatus, StatusSnapshot } from "../../shared/observe/status-snapshot.ts";
import { statusText } from "../../shared/observe/status-view.ts";

const DSL: LinkStatus = {
  name: "dsl1",
  state: "up",
  reason: "the peer answers",
  stateAgeMs: 200_000,
  local: "192.168.1.2:40001",
  remote: "203.0.113.5:5080",
  rttMs: 12.34,
  rttVariationMs: 0.81,
  lossRatio: 0.0012,
  mtu: 1500,
  configuredSendRate: 1_250_000,
  configuredReceiveRate: 6_250_000,
  sent: { packets: 60_000, bytes: 83_100_000 },
  received: { packets: 900_000, bytes: 1_300_000_000 },
  sendRate: 1_012_500,
  receiveRate: 5_025_000,
  sendShare: 1,
  receiveShare: 0.996,
};

const LTE: LinkStatus = {
  ...DSL,
  name: "lte",
  state: "down",
  reason: "no answer for 0.5 s",
  stateAgeMs: 4000,
  local: null,
  remote: null,
  rttMs: null,
  rttVariationMs: null,
  lossRatio: null,
  configuredSendRate: null,
  configuredReceiveRate: null,
  sendRate: 0,
  receiveRate: 0,
  sendShare: 0,
  receiveShare: 0,
};

const BUNDLE: BundleStatus = {
  name: "vps",
  ip4: "10.44.43.2/24",
  ip6: "fd00::2/64",
  mtu: 1420,
  cipher: "aes-256-gcm",
  links: [DSL, LTE],
  sent: { packets: 500_112, bytes: 87_136_666 },
  received: { packets: 1, bytes: 1_299_227_607 },
  queue: { packets: 3, bytes: 4200 },
  reordering: { heldFragments: 12, reorderedFragments: 3400, lostFragments: 5, lateFragments: 1, timeouts: 1 },
  drops: { replayed: 3, "foreign-source": 1200 },
};

const SNAPSHOT: StatusSnapshot = {
  version: "0.1.0",
  role: "client",
  interfaceName: "hawser0",
  uptimeMs: 3_840_000,
  bundles: [BUNDLE],
  drops: { "unknown-key": 12 },
};

describe("The status for people", () => {
  it("shows bundles, their links with state and reason, reordering and drops", () => {
    assert.equal(
      statusText(SNAPSHOT),
      `interface hawser0: client, up 1 h 4 min, hawser 0.1.0

bundle vps
  address: 10.44.43.2/24, fd00::2/64
  mtu: 1420, cipher: aes-256-gcm
  sent: 83.1 MiB in 500,112 packets
  received: 1.21 GiB in 1 packet
  queue: 4.10 KiB in 3 packets
  reordering: 12 held now, 3,400 out of order, 5 lost, 1 late, 1 timeout
  dropped: replayed 3, foreign-source 1,200
  LINK  STATE  FOR         RTT            LOSS   SENDING                     SHARE  RECEIVING                   SHARE
  dsl1  up     3 min 20 s  12.3 ± 0.8 ms  0.1 %  8.10 Mbit/s of 10.0 Mbit/s  100 %  40.2 Mbit/s of 50.0 Mbit/s  100 %
    the peer answers
    192.168.1.2:40001 to 203.0.113.5:5080, mtu 1500, sent 79.3 MiB, received 1.21 GiB
  lte   down   4 s         -              -      0 bit/s                     0 %    0 bit/s                     0 %
    no answer for 0.5 s
    any address to an unknown address, mtu 1500, sent 79.3 MiB, received 1.21 GiB

dropped outside any bundle: unknown-key 12
`,
    );
  });

  it("says how much of a quota is used", () => {
    const links = [{ ...DSL, quota: { used: 12_340_000_000, limit: 50_000_000_000 } }];

    const text = statusText({ ...SNAPSHOT, bundles: [{ ...BUNDLE, links }] });

    assert.match(text, /received 1\.21 GiB, 24\.7 % of the quota of 50 GB\n/);
  });

  it("says what is not there yet", () => {
    const bundle = {
      ...BUNDLE,
      ip4: null,
      ip6: null,
      cipher: null,
      links: [],
      drops: {},
      queue: { packets: 0, bytes: 0 },
    };

    const text = statusText({ ...SNAPSHOT, bundles: [bundle], drops: {} });

    assert.match(text, /address: none yet\n {2}mtu: 1420, cipher: none yet\n/);
    assert.match(text, /queue: empty\n/);
    assert.match(text, /dropped: nothing\n {2}no links\n$/);
  });

  it("says that a server has no client", () => {
    const text = statusText({ ...SNAPSHOT, role: "server", bundles: [], drops: {} });

    assert.match(text, /\n\nno client is connected\n$/);
  });

  it("keeps a peer's control characters from the terminal", () => {
    const text = statusText({ ...SNAPSHOT, bundles: [{ ...BUNDLE, name: "evil\u001b]0;x\u0007" }] });

    assert.match(text, /bundle evil\\u001b\]0;x\\u0007\n/);
  });
});

describe("A number for people", () => {
  it("is a rate in bits with three significant digits", () => {
    const rates = [0, 1, 124.9, 125, 1250, 124_900, 124_999, 125_000, 12_345_678, 1.25e11].map(rateText);

    assert.deepEqual(rates, [
      ...["0 bit/s", "8 bit/s", "999 bit/s", "1.00 kbit/s", "10.0 kbit/s", "999 kbit/s", "1.00 Mbit/s"],
      ...["1.00 Mbit/s", "98.8 Mbit/s", "1.00 Tbit/s"],
    ]);
  });

  it("is a size in powers of 1024", () => {
    assert.deepEqual([0, 999, 1000, 1024, 10_239, 1 << 30].map(sizeText), [
      ...["0 B", "999 B", "0.98 KiB", "1.00 KiB", "10.0 KiB", "1.00 GiB"],
    ]);
  });

  it("is a duration in its two largest units", () => {
    assert.deepEqual([999, 59_999, 60_000, 3_599_000, 3_600_000, 90_000_000].map(durationText), [
      ...["0 s", "59 s", "1 min", "59 min 59 s", "1 h", "1 d 1 h"],
    ]);
  });

  it("is a count with its noun", () => {
    assert.deepEqual(
      [0, 1, 1000, 1_234_567].map((count) => countText(count, "packet")),
      [...["0 packets", "1 packet", "1,000 packets", "1,234,567 packets"]],
    );
  });
});
