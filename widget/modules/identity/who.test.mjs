import assert from "node:assert/strict";
import { test } from "node:test";

import { who } from "./who.js";

test("a person is shown by name and address, and the address once", () => {
  assert.equal(who({ name: "Mara Lind", email: "mara@example.org" }), "Mara Lind · mara@example.org");
  assert.equal(who({ email: "mara@example.org" }), "mara@example.org");
  assert.equal(who({ name: "mara@example.org", email: "mara@example.org" }), "mara@example.org");
});
