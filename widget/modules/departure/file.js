// Looks through a file that is text, and makes a copy without the secrets. Pure; runs in a worker, since 5 MB take a while.
import { find, masked, replaced } from "./find.js";

/** What stands in a cleaned file in place of a secret: plain ASCII, so that it stays whatever it was. */
export const REMOVED = "[removed]";

const LARGEST_BYTES = 5 * 1024 * 1024;
const TEXT_NAME = /\.(?:har|log|txt|json|env|ya?ml|ini|conf|cfg|properties|toml|xml|csv|md|pem|key|sh|curl)$|(?:^|\/)\.env(?:\.\w+)*$/i;

/** Is it a text that may hold what nobody meant to send, and small enough to be looked through? */
export const isWorthLooking = ({ name, type, size }) => size > 0 && size <= LARGEST_BYTES && (TEXT_NAME.test(name) || /^text\/|[/+]json$/.test(type));

/** Headers, parameters and cookies that are secret by their name, whatever their value looks like. */
const SECRET_NAME = /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|token|secret|password|passwd|^pwd$|api-?_?key|session|^sid$|^jwt$|^auth$|^signature$|^sig$|csrf|xsrf/i;

/**
 * What a file holds that looks secret: `{ found: [{ kind, masked }], cleaned }`, each thing once; null when there is nothing.
 */
export function examine(name, text) {
  const found = new Map();
  const note = (kind, secret) => {
    found.set(secret, { kind, masked: masked(secret) });
    return REMOVED;
  };
  const cleaned = /\.har$/i.test(name) ? cleanedHar(text, note) : cleanedText(text, note);
  return found.size ? { found: [...found.values()], cleaned } : null;
}

const cleanedText = (text, note) => replaced(text, find(text), ({ kind, start, end }) => note(kind, text.slice(start, end)));

/** A header, parameter or cookie in the text of a recording. */
const PAIR = /"name"\s{0,9}:\s{0,9}"([^"\\]{1,200})"\s{0,9},\s{0,200}"value"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){1,8000})"/g;

/** The same recording without its secrets. What is no JSON (cut off, perhaps) or too deep for the browser's own writer is a text like others. */
function cleanedHar(text, note) {
  try {
    return cleanedRecording(JSON.parse(text), note);
  } catch {
    const paired = text.replace(PAIR, (pair, name, value) => (SECRET_NAME.test(name) && value !== REMOVED ? pair.slice(0, -value.length - 1) + note("token", value) + '"' : pair));
    return cleanedText(paired, note);
  }
}

function cleanedRecording(recording, note) {
  // By hand, not recursive: a file can be nested deeper than a stack.
  const open = [recording];
  while (open.length) {
    const at = open.pop();
    if (typeof at.name === "string" && typeof at.value === "string" && at.value && at.value !== REMOVED && SECRET_NAME.test(at.name)) {
      at.value = note(/cookie|session|^sid$/i.test(at.name) ? "cookie" : "token", at.value);
    }
    for (const cookie of Array.isArray(at.cookies) ? at.cookies : []) {
      if (typeof cookie?.value === "string" && cookie.value && cookie.value !== REMOVED) cookie.value = note("cookie", cookie.value);
    }
    for (const key of Object.keys(at)) {
      const value = at[key];
      // Pictures and the like; nothing to read in them.
      if (typeof value === "string" && !(key === "text" && at.encoding === "base64")) at[key] = cleanedText(value, note);
      else if (value && typeof value === "object") open.push(value);
    }
  }
  return JSON.stringify(recording, null, 2);
}
