// node --test widget/modules
import assert from "node:assert/strict";
import { test } from "node:test";
import { isPhoto, isWorth, sizeWithin } from "./decide.js";

test("the longest side is cut to 2560 and the shape stays", () => {
  assert.deepEqual(sizeWithin(4000, 3000), { width: 2560, height: 1920 });
  assert.deepEqual(sizeWithin(3000, 4000), { width: 1920, height: 2560 });
  assert.deepEqual(sizeWithin(100_000, 3), { width: 2560, height: 1 });
});

test("a small picture is not made larger", () => assert.deepEqual(sizeWithin(800, 600), { width: 800, height: 600 }));

test("photos are offered smaller, screenshots and papers are not", () => {
  assert.deepEqual(["image/jpeg", "image/heic", "image/png", "image/svg+xml", "application/pdf", ""].map(isPhoto), [true, true, false, false, false, false]);
});

test("a third must be saved", () => {
  assert.equal(isWorth(9_000_000, 6_000_000), true);
  assert.equal(isWorth(9_000_000, 6_000_001), false);
});
