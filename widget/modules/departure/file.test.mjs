import assert from "node:assert/strict";
import { test } from "node:test";
import { examine, isWorthLooking } from "./file.js";

const HEX32 = "9f86d081884c7d659a2feaa0c55ad015";
/** Twenty kinds of secrets as a browser records them; each value must be gone. */
const HEADERS = [
  ["Authorization", "Bearer opaque-0001"], ["authorization", "Basic b3BhcXVlLTAwMDI="], ["Proxy-Authorization", "opaque-0003"],
  ["Cookie", "sid=opaque-0004; theme=opaque-0005"], ["Set-Cookie", "sid=opaque-0006; HttpOnly"], ["X-Api-Key", "opaque-0007"],
  ["X-Auth-Token", "opaque-0008"], ["X-CSRF-Token", "opaque-0009"], ["X-Amz-Security-Token", "opaque-0010"], ["X-Session-Id", "opaque-0011"],
  ["Referer", "https://a.example/?access_token=opaque-0012"], ["Location", "https://u:opaque-0013@a.example/"],
];
const QUERY = [["password", "opaque-0014"], ["client_secret", "opaque-0015"], ["refresh_token", "opaque-0016"]];
const pairs = (list) => list.map(([name, value]) => ({ name, value }));
const RECORDING = {
  log: {
    version: "1.2",
    entries: [{
      request: {
        method: "POST", url: "https://a.example/?id_token=opaque-0017&page=2", headers: pairs([["Accept", "text/html"], ...HEADERS]), queryString: pairs(QUERY),
        cookies: [{ name: "theme", value: "opaque-0018", path: "/" }],
        postData: { mimeType: "application/json", text: '{"password":"opaque-0019","note":"stays"}' },
      },
      response: { status: 200, content: { text: `{"api_key":"${HEX32}"}` }, headers: [] },
      empty: null,
    }, { response: { content: { encoding: "base64", text: "aGVsbG8gd29ybGQ=" } } }],
  },
};

test("a recording loses twenty kinds of secrets and stays a recording", () => {
  const { cleaned, found } = examine("session.HAR", JSON.stringify(RECORDING));
  assert.deepEqual(cleaned.match(/opaque-\d{4}/g), null);
  assert.ok(!cleaned.includes(HEX32));
  assert.ok(found.length >= 19, `${found.length}`);
  const read = JSON.parse(cleaned);
  const [first, second] = read.log.entries;
  assert.equal(first.request.url, "https://a.example/?id_token=[removed]&page=2");
  assert.deepEqual(first.request.headers[0], { name: "Accept", value: "text/html" });
  assert.deepEqual(JSON.parse(first.request.postData.text), { password: "[removed]", note: "stays" });
  assert.equal(first.request.cookies[0].path, "/");
  assert.equal(second.response.content.text, "aGVsbG8gd29ybGQ=");
  assert.equal(examine("session.har", cleaned), null, "nothing is found in what was cleaned");
});

test("a recording that was cut off is a text like others", () => {
  const { cleaned } = examine("cut.har", JSON.stringify(RECORDING, null, 1).slice(0, -40));
  assert.ok(!cleaned.includes(HEX32) && !cleaned.includes("opaque-0019") && !cleaned.includes("opaque-0004"), cleaned);
});

test("a recording that is nested deeper than a stack is read", () => {
  const deep = '{"a":'.repeat(5000) + '"Bearer opaque-value-0000001"' + "}".repeat(5000);
  assert.equal(examine("deep.har", deep).found.length, 1);
});

test("a log and an environment lose what looks secret and keep the rest", () => {
  const { cleaned, found } = examine("app.log", `start\nDB_PASSWORD=letmein\nDB_PASSWORD=letmein\nend`);
  assert.equal(cleaned, "start\nDB_PASSWORD=[removed]\nDB_PASSWORD=[removed]\nend");
  assert.deepEqual(found, [{ kind: "password", masked: "l…" }], "once");
  assert.equal(examine("app.log", "GET /orders 200"), null);
});

test("texts up to 5 MB are looked through, other files are not", () => {
  const worth = (name, type = "", size = 10) => isWorthLooking({ name, type, size });
  for (const name of ["a.har", "A.LOG", "b.txt", "c.json", ".env", ".env.local", "prod.env", "id.pem"]) assert.ok(worth(name), name);
  assert.ok(worth("noname", "text/plain") && worth("x", "application/ld+json"));
  for (const name of ["a.png", "b.pdf", "c.zip", "environment"]) assert.ok(!worth(name), name);
  assert.ok(!worth("a.log", "", 5 * 1024 * 1024 + 1) && !worth("a.log", "", 0));
});
