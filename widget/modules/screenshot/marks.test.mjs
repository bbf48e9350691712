import assert from "node:assert/strict";
import { test } from "node:test";
import { atPercent, cropOf, isPlaced, Marks, moved, rectangle } from "./marks.js";

const mark = (tool, x1 = 10, y1 = 10, x2 = 20, y2 = 30) => ({ tool, x1, y1, x2, y2 });

test("each step can be undone and done again, until something new is marked", () => {
  const marks = new Marks();
  assert.ok(!marks.canUndo && !marks.canRedo);
  for (const tool of ["black", "arrow"]) marks.add(mark(tool));
  marks.undo();
  assert.deepEqual(marks.list, [mark("black")]);
  marks.redo();
  assert.equal(marks.list.length, 2);
  marks.clear();
  assert.deepEqual(marks.list, []);
  marks.undo();
  assert.equal(marks.list.length, 2);
  assert.ok(marks.remove());
  assert.deepEqual(marks.list, [mark("black")]);
  marks.undo();
  marks.add(mark("highlight"));
  assert.ok(!marks.canRedo);
  for (let step = 0; step < 5; step++) marks.undo();
  assert.deepEqual(marks.list, []);
  const none = new Marks();
  assert.ok(!none.remove() && !none.clear() && !none.undo() && !none.redo());
});

test("a picture has one crop", () => {
  const marks = new Marks();
  marks.add(mark("crop"));
  marks.add(mark("crop", 50, 50, 5, 5));
  assert.deepEqual(cropOf(marks.list, 100, 100), { left: 5, top: 5, width: 45, height: 45 });
  assert.deepEqual(cropOf([mark("crop", 5, 5, 5, 9)], 100, 80), { left: 0, top: 0, width: 100, height: 80 }, "of nothing there is nothing to see");
});

test("a rectangle covers every pixel it touches and none outside", () => {
  assert.deepEqual(rectangle(mark("black", 20.7, 30.2, 10.9, 10.1), 100, 100), { left: 10, top: 10, width: 11, height: 21 });
  assert.deepEqual(rectangle(mark("black", -5, -5, 500, 500), 100, 80), { left: 0, top: 0, width: 100, height: 80 });
});

test("a mark moved by the keyboard keeps its size and stays within", () => {
  assert.deepEqual(moved(mark("black"), 5, -5, false, 100, 100), mark("black", 15, 5, 25, 25));
  assert.deepEqual(moved(mark("black"), -50, 500, false, 100, 100), mark("black", 0, 80, 10, 100));
  assert.deepEqual(moved(mark("black"), 500, 1, true, 100, 100), mark("black", 10, 10, 100, 31));
});

test("a line of no width hides nothing and is no mark; an arrow may be straight", () => {
  assert.ok(!isPlaced(mark("black", 5, 5, 5, 90)) && !isPlaced(mark("crop", 5, 5, 90, 5)) && !isPlaced(mark("arrow", 5, 5, 5, 5)));
  assert.ok(isPlaced(mark("arrow", 5, 5, 5, 90)) && isPlaced(mark("black")));
});

test("where a mark is can be said", () => {
  assert.deepEqual(atPercent(mark("black", 90, 40, 10, 20), 100, 80), { left: 10, top: 25, width: 80, height: 25 });
});
