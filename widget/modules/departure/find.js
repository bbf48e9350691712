// What in a text looks like a secret, and where. Pure.
//
// Every pattern is linear: each repetition has an upper limit and begins with something that a text cannot hold everywhere, so that a file of
// 5 MB made to be slow is not slow. No look-behind: Safari below 16.4 would refuse the whole module.

/** Keys that say by their form what they are. `[kind, pattern]`; group 1, where there is one, is the secret alone. */
const FORMS = [
  // AWS access keys; Google API keys, OAuth secrets and access tokens.
  ["key", /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g],
  ["key", /\bAIza[\w-]{35}/g],
  ["key", /\bGOCSPX-[\w-]{24,40}/g],
  ["token", /\bya29\.[\w-]{20,400}/g],
  // GitHub, GitLab, npm, Slack.
  ["token", /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g],
  ["token", /\bgithub_pat_\w{22,255}\b/g],
  ["token", /\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|oas)-[\w-]{20,300}/g],
  ["token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["token", /\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,300}/g],
  ["key", /\bhooks\.slack\.com\/services\/(T\w{6,14}\/B\w{6,14}\/\w{16,40})/g],
  // Stripe, OpenAI and Anthropic, SendGrid, Shopify, DigitalOcean, Hugging Face, Atlassian, Telegram.
  ["key", /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}/g],
  ["key", /\bwhsec_[A-Za-z0-9+/=]{24,80}/g],
  ["key", /\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9][\w-]{31,255}/g],
  ["key", /\bSG\.[\w-]{16,32}\.[\w-]{32,64}/g],
  ["token", /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/g],
  ["token", /\bdo[opr]_v1_[a-f0-9]{64}\b/g],
  ["token", /\bhf_[A-Za-z0-9]{30,60}\b/g],
  ["token", /\bATATT3[\w=-]{40,300}/g],
  ["token", /\b\d{8,10}:AA[\w-]{33}\b/g],
  // JSON web tokens (RFC 7519): two JSON objects in base64url, and a signature.
  ["token", /\beyJ[\w-]{8,8000}\.eyJ[\w-]{4,8000}\.[\w-]{8,1000}/g],
  // The password of an address such as https://user:password@host (RFC 3986 §3.2.1).
  ["password", /:\/\/[^\s/:@"'<>?#]{1,100}:([^\s/@"'<>?#]{1,200})@/g],
  // Headers as curl, logs and developer tools write them (RFC 9110 §11.6.2, RFC 6265).
  ["login", /\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token|digest|negotiate|apikey)\s{1,3}([^\s"',;]{6,8000})/gi],
  ["login", /\bbearer\s{1,3}([\w.~+/=-]{20,8000})/gi],
  ["cookie", /\b(?:set-)?cookie["']?\s{0,3}:\s{0,3}["']?([\w.%-]{1,100}=[^\r\n"']{1,8000})/gi],
];

const NAMES_OF_PASSWORDS = "pass(?:word|wd|phrase|wort|code)?|pwd|kennwort|contraseña|mot de passe|heslo";
const NAMES_OF_KEYS = "api[ _-]?key|access[ _-]?key|secret|token|client[ _-]?secret|private[ _-]?key|signing[ _-]?key|session[ _-]?id|credentials?|key|schlüssel";

/** `password: x`, `"pwd": "x"`, `DB_PASS=x`, "my password is x". Group 1 is what stands between, group 2 the value. */
const PASSWORD = new RegExp(`(?:${NAMES_OF_PASSWORDS})(\\\\?["']?\\s{0,3}(?:[:=]|=>|\\bis\\b|\\bist\\b)\\s{0,3}\\\\?["']?)([^\\s"'&,;<>\\\\]{4,200})`, "gi");
/** `api_key=…`, `"token": "…"`, "the key is …", "token …". */
const KEY = new RegExp(`(?:${NAMES_OF_KEYS})\\\\?["']?(?:\\s{0,3}(?:[:=]|=>|\\bis\\b|\\bist\\b|\\()\\s{0,3}|\\s)\\\\?["']?([\\w+/.~-]{16,400}={0,2})`, "gi");
/** `?access_token=…&` in an address: what is secret by its name, and what is when it looks like it. */
const PARAMETER = /[?&#;](?:(access_token|id_token|refresh_token|auth_token|token|api_?key|secret|client_secret|password|passwd|pwd|signature|sig|x-amz-signature|jwt)|code|key|auth|session|session_?id|sid|state)=([^&#\s"'<>]{6,4000})/gi;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const END_OF_PRIVATE_KEY = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const PRIVATE_KEY_MOST_CHARS = 20_000;

/** What stands for a secret and is none. */
const NONE = /^(?:[*•█x.…_-]{3,}|<.*|\$?\{.*|%[\w-]*%|\[.*|null|none|true|false|undefined|required|redacted|removed|hidden|invalid|expired|missing|changed?|forgotten|incorrect|wrong|string|secret|password|passwort|token|example|placeholder|your[_-].*)$/i;

/** Does a value look as if it was drawn at random? Letters and digits that take turns, and none of them much too often. */
export function looksRandom(value) {
  const turns = value.match(/\d[A-Za-z]|[A-Za-z]\d/g)?.length ?? 0;
  if (turns < 3) return false;
  const counts = new Map();
  for (const letter of value) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  // 16 random hexadecimal digits have about 3.3 bits for each.
  return bits >= 3;
}

/** A word of a sentence is no password: after a blank, only what has a digit or a sign in it. */
const isPassword = (between, value) => !NONE.test(value) && (/["'=]/.test(between) || /[\d!@#$%^*+?|~]/.test(value.slice(0, -1)));

/** Luhn's check digit (ISO/IEC 7812-1). */
function isLuhn(digits) {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits.at(-1 - at));
    sum += at % 2 ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
  }
  return sum % 10 === 0;
}

/** Prefixes and lengths of Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay. */
const CARD = /^(?:4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17})$/;
/** As cards are printed: in one, in fours, or 4-6-5 (4-6-4). Not in the middle of a longer number. */
const DIGITS = /(^|[^\d.,+])(\d{14,19}|\d{4}([ -])\d{4}\3\d{4}\3\d{4}(?:\3\d{1,3})?|\d{4}([ -])\d{6}\4\d{4,5})(?![\d]|[.,]\d)/g;
/** International bank account numbers (ISO 13616) are meant to be given away. */
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g;

function isIban(text) {
  const joined = text.replaceAll(" ", "");
  let rest = 0;
  for (const letter of joined.slice(4) + joined.slice(0, 4)) {
    for (const digit of String(parseInt(letter, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** Calls with each match of a global pattern, and where its last group begins. */
function each(pattern, text, take) {
  for (const match of text.matchAll(pattern)) take(match, match.index);
}

/** The last group of a match and its place; the match itself when the pattern has no group. */
function last(match, group = match.length - 1) {
  if (group < 1 || match[group] === undefined) return [match.index, match[0]];
  return [match.index + match[0].lastIndexOf(match[group]), match[group]];
}

/** Adds each private key, from its first line to its last. Each character is looked at once, however many first lines there are. */
function privateKeys(text, add) {
  // The last come first, so that the next can be taken from the end.
  const ends = new Map();
  for (const { 0: mark, index } of [...text.matchAll(END_OF_PRIVATE_KEY)].reverse()) {
    if (!ends.has(mark)) ends.set(mark, []);
    ends.get(mark).push(index);
  }
  const run = /[\w+/=:,.\s\\-]*/y;
  each(PRIVATE_KEY, text, ({ 0: begin, index }) => {
    const mark = begin.replace("BEGIN", "END");
    const most = index + PRIVATE_KEY_MOST_CHARS;
    const ahead = ends.get(mark) ?? [];
    while (ahead.at(-1) < index) ahead.pop();
    const end = ahead.at(-1) + mark.length;
    if (end <= most) return add([index, text.slice(index, end)]);
    // A key that was cut off is a key all the same: as much of it as looks like one. First lines look like keys, too.
    if (run.lastIndex < index + begin.length) {
      run.lastIndex = index + begin.length;
      run.test(text);
    }
    add([index, text.slice(index, Math.min(run.lastIndex, most))]);
  });
}

/**
 * The secrets of a text, in the order of their places, none within another: `{ kind, start, end }`. Kinds: password, key, token,
 * private_key, cookie, login, card.
 */
export function find(text) {
  const found = [];
  const add = (kind, [start, value]) => found.push({ kind, start, end: start + value.length });

  privateKeys(text, (place) => add("private_key", place));
  for (const [kind, pattern] of FORMS) {
    each(pattern, text, (match) => {
      const [start, value] = last(match);
      if (!NONE.test(value)) add(kind, [start, value]);
    });
  }
  each(PASSWORD, text, (match) => isPassword(match[1], match[2]) && add("password", last(match)));
  each(PARAMETER, text, (match) => {
    const [start, value] = last(match);
    if (!NONE.test(value) && (match[1] || looksRandom(value))) add("token", [start, value]);
  });
  each(KEY, text, (match) => {
    const [start, value] = last(match);
    if (looksRandom(value)) add("key", [start, value]);
  });
  const accounts = [];
  each(IBAN, text, ({ 0: iban, index }) => isIban(iban) && accounts.push([index, index + iban.length]));
  each(DIGITS, text, (match) => {
    const [start, digits] = [match.index + match[1].length, match[2]];
    const number = digits.replace(/\D/g, "");
    const isAccount = accounts.some(([from, to]) => from <= start && start < to);
    if (!isAccount && CARD.test(number) && isLuhn(number)) add("card", [start, digits]);
  });
  return apart(found);
}

/** In order. What overlaps is one, of the kind of what begins first; what has a form of its own was found first and wins a tie. */
function apart(found) {
  found.sort((a, b) => a.start - b.start);
  const merged = [];
  for (const one of found) {
    const before = merged.at(-1);
    if (before && one.start < before.end) before.end = Math.max(before.end, one.end);
    else merged.push(one);
  }
  return merged;
}

/** Enough of a secret to know it again, and no more: a fifth of it, at most its first four characters. */
export function masked(secret) {
  const shown = secret.replace(/^-+BEGIN /, "").slice(0, Math.max(1, Math.min(4, Math.floor(secret.length / 5))));
  return shown + "…";
}

/** The text with something else in place of each finding. */
export function replaced(text, findings, by) {
  let out = "";
  let at = 0;
  for (const finding of findings) {
    out += text.slice(at, finding.start) + by(finding);
    at = finding.end;
  }
  return out + text.slice(at);
}

/** As black as on paper, and as long whatever it was: a length tells something, too. */
export const BLACK = "████████";
