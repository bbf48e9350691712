// What goes along with a request besides what was typed: every entry is shown, and each can be left out. Pure.

/** The row of the host page's last errors. */
export const ERRORS = "console_errors";
const HOST = "host.";

/** The limits of the wire (`shared/src/page_context.rs`), in octets. A request over them would be refused as a whole. */
const VALUE_MOST = 2048;
const HOST_MOST = { entries: 50, octets: 4096 };
const ERRORS_MOST = { lines: 20, octets: 16 * 1024 };

const octets = (text) => new TextEncoder().encode(text).length;

/** As many of the host page's entries as fit, the first ones first. */
function fittingEntries(host) {
  let sum = 0;
  const fitting = [];
  for (const [name, value] of Object.entries(host)) {
    const size = octets(name) + octets(String(value));
    if (value == null || typeof value === "object" || !name.trim() || fitting.length === HOST_MOST.entries || sum + size > HOST_MOST.octets) continue;
    sum += size;
    fitting.push([name, String(value)]);
  }
  return fitting;
}

/** The newest of the lines, as many as fit: what happened last says most. */
function fittingLines(lines) {
  const fitting = lines.slice(-ERRORS_MOST.lines);
  while (octets(fitting.join("")) > ERRORS_MOST.octets) fitting.shift();
  return fitting;
}

/** What is known, and what the person has decided about it. */
export class Included {
  #entries = [];
  #host = [];
  #errors = [];
  #out = new Set();
  /** Rows in which something was blacked out: by name, what the page said and what is sent instead. */
  #rewritten = new Map();
  /** Whether errors go along only when the person says so. */
  asks = false;

  /** `known` are pairs of name and text, `host` is an object, `errors` are lines. What the person has decided before stays. */
  learn({ known, host = {}, errors = [], asks = false }) {
    this.#entries = known.filter(([, value]) => value && octets(value) <= VALUE_MOST);
    this.#host = fittingEntries(host);
    this.#errors = fittingLines(errors);
    if (asks && !this.asks) this.#out.add(ERRORS);
    this.asks = asks;
  }

  /** Everything there is, in the order in which it is shown: `{ name, own, value, goes }`; `own` is the host page's name for it. */
  rows() {
    const row = (name, value, own) => {
      const { before, after } = this.#rewritten.get(name) ?? {};
      return { name, own, value: value === before ? after : value, goes: !this.#out.has(name) };
    };
    const rows = this.#entries.map(([name, value]) => row(name, value));
    rows.push(...this.#host.map(([name, value]) => row(HOST + name, value, name)));
    if (this.#errors.length) rows.push(row(ERRORS, this.#errors.join("\n")));
    return rows;
  }

  get errors() {
    return this.#errors.length;
  }

  /** Leaves a row out, or takes it back; answers whether it goes along now. */
  toggle(name) {
    if (!this.#out.delete(name)) this.#out.add(name);
    return !this.#out.has(name);
  }

  /** A row says something else from now on, as long as the page says the same of it. */
  rewrite(name, after) {
    const row = this.rows().find((row) => row.name === name);
    const before = this.#rewritten.get(name)?.after === row.value ? this.#rewritten.get(name).before : row.value;
    this.#rewritten.set(name, { before, after });
  }

  /** What is sent: the member `context` of the request. */
  context() {
    const context = {};
    for (const { name, own, value, goes } of this.rows()) {
      if (!goes) continue;
      if (own !== undefined) (context.host ??= {})[own] = value;
      else context[name] = name === ERRORS ? value.split("\n") : value;
    }
    return context;
  }

  /** What the person has decided, as a text: other decisions, another text; empty when they have decided nothing. */
  get choices() {
    const usual = this.asks ? [ERRORS] : [];
    const decided = [...this.#out].filter((name) => !usual.includes(name)).sort();
    decided.push(...usual.filter((name) => !this.#out.has(name)), ...this.#rewritten.keys());
    return decided.join("\n");
  }
}

/** Browser and system as people call them: `["Chromium 156", "Linux"]`; null when neither the browser's hints nor its name say. */
export function browserName({ userAgentData, userAgent }) {
  const { brands = [], platform } = userAgentData ?? {};
  // Browsers put in a brand that is none, so that nobody relies on their order.
  const real = brands.filter(({ brand }) => !/not.*brand/i.test(brand));
  const best = real.find(({ brand }) => brand !== "Chromium") ?? real[0];
  const named = /(Edg|OPR|Firefox|FxiOS|CriOS|Chrome|Version)\w*\/(\d+)/g;
  const names = { Edg: "Edge", OPR: "Opera", FxiOS: "Firefox", CriOS: "Chrome", Version: "Safari" };
  // Edge and Opera name Chrome first and themselves last.
  const last = [...userAgent.matchAll(named)].at(-1);
  const browser = best ? `${best.brand} ${best.version}` : last && `${names[last[1]] ?? last[1]} ${last[2]}`;
  const system = platform || /Android|iPhone|iPad|Windows|Mac OS|CrOS|Linux/.exec(userAgent)?.[0].replace("Mac OS", "macOS");
  return browser && system ? [browser, system] : null;
}
