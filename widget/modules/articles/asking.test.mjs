import assert from "node:assert/strict";
import { test } from "node:test";

import { question } from "./asking.js";

test("what is too short is not asked, but one sign of Japanese says something", () => {
  assert.deepEqual(["", "  ", "to", " ab "].map(question), ["", "", "", ""]);
  assert.deepEqual(["tot", "割引", " 請 ", "カ"].map(question), ["tot", "割引", "請", "カ"]);
});

test("blanks change nothing, and no more is asked than the service looks at", () => {
  assert.equal(question("  totals \n are\tdoubled "), "totals are doubled");
  assert.equal(question("x".repeat(300)).length, 200);
});
