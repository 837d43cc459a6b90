import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countText, durationText, millisecondsText, rateText, sizeText } from "../../shared/observe/people-text.ts";
import type { LinkStatus } from "../../shared/observe/status-snapshot.ts";
import { statusText } from "../../shared/observe/status-view.ts";
import { BUNDLE, DSL, LTE, SNAPSHOT } from "../support/status-facts.ts";

describe("The status for people", () => {
  it("shows bundles, their links with state and reason, reordering and drops", () => {
    assert.equal(
      statusText(SNAPSHOT),
      `interface hawser0: client, up 1 h 4 min, hawser 0.1.0

bundle vps
  address: 10.44.43.2/24, fd00::2/64
  mtu: 1420, cipher: aes-256-gcm, scheduler: earliest-arrival
  sent: 83.1 MiB in 500,112 packets
  received: 1.21 GiB in 1 packet
  queue: 4.10 KiB in 3 packets, the oldest for 4.2 ms; 12 dropped, 30 marked so far
  recovery: 120 lost, 118 sent again (160 KiB), 2 given up, 0 sent twice
  reordering: 12 held now, 3,400 out of order, 5 lost, 40 repaired, 1 late, 1 timeout
  dropped: replayed 3, foreign-source 1,200
  LINK  STATE  RTT    SENDING      SHARE  LOSS   RECEIVING    SHARE  LOSS
  dsl1  up     12 ms  8.10 Mbit/s  100 %  0.2 %  40.2 Mbit/s  100 %  0.1 %
    sends 100 %: nearest line, 10.0 Mbit/s
  lte   down   -      0 bit/s      0 %    -      0 bit/s      0 %    -
    no answer for 0.5 s, for 4 s

dropped outside any bundle: unknown-key 12
`,
    );
  });

  it("says all that is known of a link when it is asked for", () => {
    const text = statusText({ ...SNAPSHOT, bundles: [{ ...BUNDLE, links: [DSL] }] }, "verbose");

    assert.ok(
      text.includes(`
    state: the peer answers, for 3 min 20 s
    path: 192.168.1.2:40001 to 203.0.113.5:5080, mtu 1500
    sends 100 %: nearest line, 10.0 Mbit/s
    receives 100 %: 40.2 Mbit/s of the configured 50.0 Mbit/s, 0.1 % lost on the way
    rate: the line carries 10 Mbit/s with 4 ms of queue; 95 % sure
    configured: 10.0 Mbit/s
    line: round trip 12.3 ± 0.8 ms, 12 ms at least
    sending: 4.0 ms of queue, 0.4 ms of jitter, 20.0 KiB under way
    carried: sent 79.3 MiB, received 1.21 GiB
    use: used, priority 1
  what is received is shared out by the other end: its status says why
`),
      text,
    );
  });

  it("fits a hundred columns", () => {
    const long = { ...DSL, name: "starlink-north", state: "probing", rttMs: 61_000, isSilent: true } as const;
    const links = [long, { ...LTE, name: "x", quota: { used: 49e9, limit: 50e9 } }];
    const snapshot = { ...SNAPSHOT, bundles: [{ ...BUNDLE, links }] };

    for (const detail of ["short", "verbose"] as const) {
      for (const line of statusText(snapshot, detail).split("\n")) assert.ok(line.length <= 100, line);
    }
  });

  it("says that a link is silent, and that its configured rate is wrong", () => {
    const rate = { ...DSL.rate, foundBytesPerSecond: 3_875_000, configuredBytesPerSecond: 7_500_000 };
    const silent: LinkStatus = { ...DSL, isSilent: true, rate: { ...rate, configuredIs: "too high" } };
    const slow: LinkStatus = { ...DSL, name: "slow", rate: { ...rate, configuredIs: "may be too low" } };

    const text = statusText({ ...SNAPSHOT, bundles: [{ ...BUNDLE, links: [silent, slow] }] });

    assert.match(text, /dsl1 {2}silent /);
    assert.match(text, /\n {4}configured 60\.0 Mbit\/s, the line carries 31\.0 Mbit\/s: too high\n/);
    assert.match(text, /\n {4}configured 60\.0 Mbit\/s, and nothing waits at that: may be too low\n/);
  });

  it("says how much of a quota is used, in short only when it is nearly all", () => {
    const withQuota = (used: number) => ({ ...DSL, quota: { used, limit: 50_000_000_000 } });
    const links = [withQuota(12_340_000_000), { ...withQuota(45e9), allowance: "throttled" as const }];
    const snapshot = { ...SNAPSHOT, bundles: [{ ...BUNDLE, links }] };

    const [short, verbose] = [statusText(snapshot), statusText(snapshot, "verbose")];

    assert.deepEqual(short.match(/[\d.]+ % of the quota of 50 GB\n/g), ["90.0 % of the quota of 50 GB\n"]);
    assert.match(verbose, /use: used, priority 1, 24\.7 % of the quota of 50 GB\n/);
    assert.match(verbose, /use: used, priority 1, its quota is used up: throttled, 90\.0 % of the quota of 50 GB\n/);
  });

  it("says how links are to be used, and what is not known of them", () => {
    const rate = { ...DSL.rate, configuredBytesPerSecond: null };
    const range = { ...DSL.rate, confidence: 0, configuredMinimumBytesPerSecond: 250_000 };
    const links = [
      { ...LTE, rate, priority: 2, isFallbackOnly: true },
      { ...DSL, rate: range },
    ];

    const text = statusText({ ...SNAPSHOT, bundles: [{ ...BUNDLE, links }] }, "verbose");

    assert.match(text, /path: any address to an unknown address/);
    assert.match(text, /configured: no rate, so it is found\n {4}line: round trip not known\n/);
    assert.match(text, /use: used, priority 2, only while no other is up\n/);
    assert.match(text, /with 4 ms of queue; not seen full lately\n/);
    assert.match(text, /configured: 2\.00 Mbit\/s to 10\.0 Mbit\/s\n/);
  });

  it("says what is not there yet", () => {
    const bundle = {
      ...BUNDLE,
      ip4: null,
      ip6: null,
      cipher: null,
      links: [],
      drops: {},
      queue: { packets: 0, bytes: 0, oldestMs: 0, dropped: 0, marked: 0, droppedForRoom: 0 },
    };

    const text = statusText({ ...SNAPSHOT, bundles: [bundle], drops: {} });

    assert.match(text, /address: none yet\n {2}mtu: 1420, cipher: none yet, /);
    assert.match(text, /queue: empty; 0 dropped, 0 marked so far\n/);
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

  it("is a delay as lines have it", () => {
    assert.deepEqual([0, 0.44, 9.94, 9.96, 999, 1000, 59_900, 64_000].map(millisecondsText), [
      ...["0.0 ms", "0.4 ms", "9.9 ms", "10 ms", "999 ms", "1.0 s", "59.9 s", "1 min 4 s"],
    ]);
  });

  it("is a count with its noun", () => {
    assert.deepEqual(
      [0, 1, 1000, 1_234_567].map((count) => countText(count, "packet")),
      [...["0 packets", "1 packet", "1,000 packets", "1,234,567 packets"]],
    );
  });
});
