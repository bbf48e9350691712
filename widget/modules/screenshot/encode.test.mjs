import assert from "node:assert/strict";
import { test } from "node:test";
import { encoded } from "./encode.js";

/** A browser that writes these types, so many octets each at full size and quality. */
const browser = (sizes) => (type, quality = 1, scale) => {
  const known = type in sizes ? type : "image/png";
  return { type: known, size: sizes[known] * quality * scale * scale };
};

test("letters stay sharp where the picture is small enough", async () => {
  assert.deepEqual(await encoded(browser({ "image/png": 900_000, "image/webp": 100_000 }), 1e7), { type: "image/png", size: 900_000 });
});

test("a large picture is written smaller, in what the browser knows", async () => {
  const sizes = { "image/png": 2e7, "image/jpeg": 4e6 };
  assert.equal((await encoded(browser({ ...sizes, "image/webp": 2e6 }), 1e7)).type, "image/webp");
  assert.equal((await encoded(browser(sizes), 1e7)).type, "image/jpeg", "Safari answers another type than it was asked for");
});

test("the limit of the site is kept, by quality and then by size, and said when it cannot be", async () => {
  const write = browser({ "image/png": 2e7, "image/webp": 8e6, "image/jpeg": 8e6 });
  for (const limit of [7.5e6, 6.5e6, 2e6, 4e5]) assert.ok((await encoded(write, limit)).size <= limit, `${limit}`);
  assert.equal(await encoded(write, 1000), null);
  assert.equal((await encoded(browser({ "image/png": 900, "image/jpeg": 400 }), 500)).type, "image/jpeg", "below the usual size of a PNG, too");
});
