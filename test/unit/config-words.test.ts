import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { describePlace } from "../../shared/config/config-error.ts";
import { didYouMean, editDistance, nearest, showWord } from "../../shared/config/did-you-mean.ts";
import { Secret } from "../../shared/config/secret.ts";

const KEYS = ["mode", "bandwidth_upload", "bandwidth_download", "binddev", "bindhost"];

describe("A suggestion", () => {
  it("is the word that takes the fewest changes", () => {
    assert.equal(nearest("bandwith_upload", KEYS), "bandwidth_upload");
    assert.equal(nearest("BindDev", KEYS), "binddev");
    assert.equal(nearest("bindhots", KEYS), "bindhost");
    assert.equal(nearest("mod", KEYS), "mode");
  });

  it("is not made when no word is near", () => {
    assert.equal(nearest("colour", KEYS), undefined);
    assert.equal(didYouMean("colour", KEYS), "");
    assert.equal(didYouMean("moed", KEYS), ', did you mean "mode"?');
  });
});

describe("The edit distance", () => {
  it("counts a swap of neighbours as one change", () => {
    assert.equal(editDistance("bindhots", "bindhost"), 1);
    assert.equal(editDistance("kitten", "sitting"), 3);
    assert.equal(editDistance("", "abc"), 3);
  });

  it("is nothing from a word to itself, and the same both ways", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        assert.equal(editDistance(a, a), 0);
        assert.equal(editDistance(a, b), editDistance(b, a));
      }),
    );
  });
});

describe("A word in an error text", () => {
  it("is not shown when it is too long or too strange for a name", () => {
    assert.equal(showWord("pasword"), '"pasword"');
    assert.equal(showWord("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"), "of 43 characters");
    assert.equal(showWord("a+b"), "of 3 characters");
  });
});

describe("A place in a file", () => {
  it("is told as far as it is known", () => {
    assert.equal(describePlace({ file: "x.conf" }), "x.conf");
    assert.equal(describePlace({ file: "x.conf", line: 3, section: "dsl" }), "x.conf:3: [dsl]");
    assert.equal(
      describePlace({ file: "x.conf", line: 3, section: "dsl", key: "mtu", value: "" }),
      'x.conf:3: [dsl] mtu = ""',
    );
  });

  it("shows no control characters and no end of a long value", () => {
    const place = { file: "x.conf", key: "mtu", value: `\u001b[2J${"9".repeat(100)}` };

    assert.equal(describePlace(place), `x.conf: mtu = ?[2J${"9".repeat(56)}…`);
  });
});

describe("A secret", () => {
  const secret = new Secret("hunter2");

  it("does not show in text, JSON, logs or dumps", () => {
    const shown = [
      `${secret}`,
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }),
      inspect(secret, { showHidden: true }),
    ];

    for (const text of shown) {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /hunter2/);
    }
  });

  it("gives its text to who asks for it", () => {
    assert.equal(secret.reveal(), "hunter2");
    assert.equal(secret.equals(new Secret("hunter2")), true);
    assert.equal(secret.equals(new Secret("hunter3")), false);
  });
});
