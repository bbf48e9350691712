// node --test widget/boot
import assert from "node:assert/strict";
import { test } from "node:test";
import { meansFiles } from "../modules/errands/arriving_files.js";
import { isWorthKeeping, nameOf, read, sort } from "./kept_drafts.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = 100 * DAY_MS;
const kept = (at, more) => JSON.stringify({ at, summary: "Totals", description: "", email: "", uploads: "", ...more });

test("a draft is kept for seven days", () => {
  assert.equal(read(kept(NOW_MS - 7 * DAY_MS + 1), NOW_MS)?.summary, "Totals");
  assert.equal(read(kept(NOW_MS - 7 * DAY_MS), NOW_MS), null);
});

test("a text that is no draft of ours is none", () => {
  for (const text of ["", "x", "null", "7", "[]", "{}", '{"at":"x"}', kept(NOW_MS, { summary: " " })]) assert.equal(read(text, NOW_MS), null, text);
});

test("an address alone is nothing to lose, a file is", () => {
  assert.equal(isWorthKeeping({ summary: " ", description: "", email: "a@b.cz", uploads: "" }), false);
  assert.equal(isWorthKeeping({ summary: "", description: "", uploads: "1\t2\t3\t\t\ta.txt" }), true);
  assert.equal(isWorthKeeping({ summary: "", description: "", uploads: "", held: 1 }), true);
});

test("the newest draft of the site comes first, and what is over is named, of whatever site", () => {
  const entries = [
    [nameOf("acme", "old"), kept(NOW_MS - 2)],
    [nameOf("acme", "new"), kept(NOW_MS - 1)],
    [nameOf("acme", "over"), kept(1)],
    [nameOf("other", "theirs"), kept(NOW_MS)],
    [nameOf("other", "broken"), "{"],
    ["somebody-elses", "x"],
  ];
  const { drafts, over } = sort(entries, "acme", NOW_MS);
  assert.deepEqual(drafts.map(({ key }) => key), ["new", "old"]);
  assert.deepEqual(over, [nameOf("acme", "over"), nameOf("other", "broken")]);
});

test("a site whose key begins with another's does not see its drafts", () => {
  assert.deepEqual(sort([[nameOf("acme2", "k"), kept(NOW_MS)]], "acme", NOW_MS).drafts, []);
});

test("pasted: a picture of copied text is not meant, a copied file is", () => {
  const picture = { type: "image/png" };
  const paper = { type: "application/pdf" };
  assert.equal(meansFiles(["Files"], [picture]), true);
  assert.equal(meansFiles(["text/plain", "text/html", "Files"], [picture]), false);
  assert.equal(meansFiles(["text/plain", "Files"], [paper]), true);
  assert.equal(meansFiles(["text/plain"], []), false);
});
