// What is kept of a request that is being written, and for how long. Pure: the browser's storage is somebody else's.

/** A draft that nobody has touched for a week is nobody's any more. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** Where the ids of articles are kept of which this browser has said something (`widget/modules/articles.js`). */
export const SAID = "cornerdesk-articles";

/** Where the draft with this idempotency key is kept. The key is the draft's identity: one key, one request. */
export const nameOf = (site, key) => `cornerdesk:${site}:${key}`;

/** Whether there is anything to lose. An address alone is no draft. */
export const isWorthKeeping = ({ summary, description, impact, tried, uploads, held }) => !!([summary, description, impact, tried].some((text) => text?.trim()) || uploads || held);

/** The draft in a stored text; null when it is too old, or no draft of ours. */
export function read(text, nowMs) {
  let draft;
  try {
    draft = JSON.parse(text);
  } catch {}
  return draft?.at > nowMs - KEPT_MS && isWorthKeeping(draft) ? draft : null;
}

/**
 * Sorts what lies in a storage (pairs of name and text) into the site's drafts, newest first, and the names of what is over, of whatever
 * site. What is not ours is in neither.
 */
export function sort(entries, site, nowMs) {
  const prefix = nameOf(site, "");
  const drafts = [];
  const over = [];
  for (const [name, text] of entries) {
    if (!name.startsWith("cornerdesk:")) continue;
    const draft = read(text, nowMs);
    if (!draft) over.push(name);
    else if (name.startsWith(prefix)) drafts.push({ key: name.slice(prefix.length), ...draft });
  }
  drafts.sort((a, b) => b.at - a.at);
  return { drafts, over };
}
