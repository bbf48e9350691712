import assert from "node:assert/strict";
import { test } from "node:test";
import { covered, isMarked, scaleOf } from "./places.js";

const page = { width: 1000, height: 500, marks: [8, 8, 992, 492] };
const MAGENTA = [255, 26, 230];
const GREEN = [0, 215, 1];

test("a picture of another shape is not of that window", () => {
  assert.equal(scaleOf({ width: 2000, height: 1000 }, page), 2);
  assert.equal(scaleOf({ width: 2000, height: 1003 }, page), 2, "rounded");
  assert.equal(scaleOf({ width: 2000, height: 1100 }, page), null, "a bar has come");
  assert.equal(scaleOf({ width: 2000, height: 2000 }, page), null);
});

test("the page is known by both of its marks, where they must be", () => {
  const at = (points) => (x, y) => points[[x, y].join()] ?? [255, 255, 255];
  const picture = { width: 2000, height: 1000 };
  assert.ok(isMarked(picture, page, at({ "16,16": MAGENTA, "1984,984": GREEN })));
  assert.ok(!isMarked(picture, page, at({ "16,16": MAGENTA })), "cut off below");
  assert.ok(!isMarked(picture, page, at({ "16,16": GREEN, "1984,984": MAGENTA })), "mirrored");
  assert.ok(!isMarked({ width: 2000, height: 2000 }, page, () => MAGENTA));
});

test("what is covered is never smaller than what is private, at any scale", () => {
  for (const scale of [0.625, 1, 1.25, 1.5, 2, 3]) {
    const picture = { width: Math.round(1000.4 * scale), height: Math.round(500.4 * scale) };
    const [{ left, top, width, height }] = covered(picture, page, [[900.3, 400.7, 950.2, 450.9]]);
    // The window is up to a CSS pixel larger than it says.
    for (const real of [scale, picture.width / 1000]) {
      assert.ok(left <= 900.3 * real && top <= 400.7 * real && left + width >= 950.2 * real && top + height >= 450.9 * real, `${scale}`);
    }
  }
});

test("what is outside of the picture needs no cover", () => {
  assert.deepEqual(covered({ width: 1000, height: 500 }, page, [[-200, 10, -100, 60], [10, 600, 60, 700]]), []);
  assert.deepEqual(covered({ width: 1000, height: 500 }, page, [[-50, -50, 2000, 2000]]), [{ left: 0, top: 0, width: 1000, height: 500 }]);
});
