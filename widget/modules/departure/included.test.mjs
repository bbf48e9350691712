import assert from "node:assert/strict";
import { test } from "node:test";
import { browserName, ERRORS, Included } from "./included.js";

const KNOWN = { known: [["page_url", "https://app.example/?token=abc"], ["app_version", "1.2"], ["page_title", ""]], host: { plan: "Team", seats: 12, none: null, deep: {} }, errors: ["a", "b"] };
const included = (more) => {
  const included = new Included();
  included.learn({ ...KNOWN, ...more });
  return included;
};
const ALL = { page_url: "https://app.example/?token=abc", app_version: "1.2", host: { plan: "Team", seats: "12" }, console_errors: ["a", "b"] };

test("everything goes and is shown", () => {
  const all = included();
  assert.deepEqual(all.context(), ALL);
  assert.deepEqual(all.rows().map(({ name, own }) => own ?? name), ["page_url", "app_version", "plan", "seats", ERRORS]);
});

test("what is left out stays in the list and does not go", () => {
  const some = included();
  const before = some.choices;
  assert.equal(before, "", "nothing was decided");
  for (const name of ["page_url", "host.plan", ERRORS]) assert.equal(some.toggle(name), false);
  assert.deepEqual(some.context(), { app_version: "1.2", host: { seats: "12" } });
  assert.equal(some.rows().length, 5);
  some.learn(KNOWN);
  assert.equal(some.context().page_url, undefined, "another page does not undo it");
  assert.notEqual(some.choices, before);
  for (const name of ["page_url", "host.plan", ERRORS]) assert.equal(some.toggle(name), true);
  assert.deepEqual(some.context(), ALL);
  assert.equal(some.choices, before);
});

test("errors that are asked for go when the person says so", () => {
  const asked = included({ asks: true });
  assert.equal(asked.context().console_errors, undefined);
  assert.equal(asked.choices, "");
  asked.toggle(ERRORS);
  asked.learn({ ...KNOWN, asks: true });
  assert.deepEqual(asked.context().console_errors, ["a", "b"]);
});

test("what was blacked out stays black until the page says something else", () => {
  const black = included();
  black.rewrite("page_url", "https://app.example/?token=█ &b");
  black.rewrite("page_url", "https://app.example/?token=█");
  black.rewrite("host.seats", "█");
  black.rewrite(ERRORS, "█\nb");
  black.learn(KNOWN);
  assert.deepEqual(black.context(), { ...ALL, page_url: "https://app.example/?token=█", host: { plan: "Team", seats: "█" }, console_errors: ["█", "b"] });
  black.learn({ ...KNOWN, known: [["page_url", "https://app.example/"]] });
  assert.equal(black.context().page_url, "https://app.example/");
});

test("what is over a limit is left away rather than have the whole request refused", () => {
  const host = { big: "ü".repeat(2049), fits: "x", ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, "v"])) };
  const context = included({ known: [["page_url", "u".repeat(2049)]], host, errors: Array.from({ length: 30 }, (_, at) => `${at} ${"e".repeat(1000)}`) }).context();
  assert.equal(context.page_url, undefined);
  assert.equal(context.host.big, undefined);
  assert.equal(Object.keys(context.host).length, 50);
  assert.equal(context.console_errors.at(-1).slice(0, 2), "29");
  assert.ok(context.console_errors.length <= 16 && context.console_errors.join("").length <= 16 * 1024);
});

test("browsers are named as people call them", () => {
  const brands = [{ brand: "Not?A_Brand", version: "8" }, { brand: "Chromium", version: "156" }];
  const named = (userAgent, userAgentData) => browserName({ userAgent, userAgentData })?.join(" on ");
  assert.equal(named("", { brands, platform: "Linux" }), "Chromium 156 on Linux");
  assert.equal(named("", { brands: [...brands, { brand: "Google Chrome", version: "156" }], platform: "macOS" }), "Google Chrome 156 on macOS");
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  assert.equal(named(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`), "Edge 156 on Windows");
  assert.equal(named("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"), "Firefox 153 on Linux");
  assert.equal(named(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/19.1 Safari/605.1.15`), "Safari 19 on macOS");
  assert.equal(named("curl/8"), undefined);
});
