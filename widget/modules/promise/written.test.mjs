import assert from "node:assert/strict";
import test from "node:test";

import { formatsOf, written } from "./written.js";

test("a promise names its time in the language of the form, as the browser's region writes it", () => {
  const at = "2026-11-23T09:00:00Z";
  assert.match(written("You will hear from us by {time}.", at, "en", "en-GB"), /^You will hear from us by Monday.? 23 November at \d{1,2}:00\.$/);
  assert.match(written("Sie hören von uns bis {time}.", at, "de", "en-US"), /^Sie hören von uns bis Montag, 23. November um \d{1,2}:00\.$/);
});

test("a promise of so many hours is said as it is", () => {
  assert.equal(written("You will hear from us within 12 hours.", "2026-11-23T09:00:00Z", "en", "en"), "You will hear from us within 12 hours.");
});

test("digits are those of references, whatever the browser prefers", () => {
  assert.equal(formatsOf("ar", "ar-EG"), "ar-EG-u-nu-latn");
  assert.equal(formatsOf("ar", "ar-EG-u-nu-arab"), "ar-u-nu-latn");
  assert.equal(formatsOf("de", "en-US"), "de-u-nu-latn");
});
