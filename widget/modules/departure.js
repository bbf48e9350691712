// What is looked at before it leaves: the list of what goes along with a request, and warnings of what looks secret. Fetched once the panel is
// there; also the worker that looks through files.
//
// It never decides by itself. What is included is shown and can be left out; what looks secret is shown beside its place, and the person
// blacks it out or sends it as it is.
import { examine, isWorthLooking, REMOVED } from "./departure/file.js";
import { BLACK, find, masked, replaced } from "./departure/find.js";
import { ERRORS, Included } from "./departure/included.js";
import { showList } from "./departure/list.js";
import { Warnings } from "./departure/warnings.js";
import { announce, byId } from "./parts/make.js";
import { wordsOf } from "./parts/words.js";

/** A worker that has not looked through 5 MB by then never will. */
const LOOK_MOST_MS = 15_000;
const FIELDS = ["summary", "description"];
/** After so long without a key a text is looked through, so that Send need not wait for it. */
const TYPED_MS = 200;
/** Texts whose findings are remembered: those of the fields, of the host page's facts, and what was there before. */
const REMEMBERED_MOST = 100;

if (typeof document === "undefined") {
  self.onmessage = async ({ data }) => {
    const text = await data.text();
    // In a task of its own, so that what fails in it is an error of the worker and not of a promise.
    setTimeout(() => postMessage(examine(data.name, text)));
  };
}

/** What the worker says of a file; null also when it cannot: a person who needs help is never held back. */
const look = (file) =>
  new Promise((resolve) => {
    const worker = new Worker(import.meta.url, { type: "module" });
    const end = (said) => {
      worker.terminate();
      clearTimeout(timer);
      resolve(said);
    };
    const timer = setTimeout(end, LOOK_MOST_MS, null);
    worker.onmessage = ({ data }) => end(data);
    worker.onerror = () => end(null);
    worker.postMessage(file);
  });

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g;
/** The query and the hash of an address. */
const QUERY = /(\bhttps?:\/\/[^\s?#"'<>]{1,2000})[?#][^\s"'<>):]{0,4000}/g;
/** A line without what looks secret, addresses of mail, and the queries of addresses. */
function redacted(line) {
  const plain = line.replace(QUERY, "$1");
  return replaced(plain, find(plain), () => REMOVED).replace(EMAIL, REMOVED);
}

/**
 * The document's side. `post` tells the loader something, `draft` keeps what must survive a reload.
 */
export async function start(post, draft) {
  const words = await wordsOf("departure");
  const warnings = new Warnings(words);
  const included = new Included();
  /** What the person has said may go. */
  const kept = new Set();
  let render = null;
  let looking = 0;
  let files = 0;
  /** What is to happen when everything is decided: Send was pressed. */
  let waits = null;

  const known = new Map();
  const secretsOf = (text) => {
    if (known.size > REMEMBERED_MOST) known.clear();
    if (!known.has(text)) known.set(text, find(text));
    return known.get(text);
  };
  const undecided = (text) => secretsOf(text).filter(({ start, end }) => !kept.has(text.slice(start, end)));

  /** A card was decided: on to the next, or on with what was meant. Who has blacked something out sees it before it goes. */
  const goOn = () => {
    if (looking || warnings.lead()) return;
    const go = waits;
    waits = null;
    go?.();
  };
  const lookAgain = () => {
    waits = null;
    if (looking || warnings.lead()) return;
    byId("send").focus();
    announce(words.text("blacked_out"));
  };

  /** Warns of a place: `text` reads it, `rewrite` changes it. */
  const warn = (place, after, title, text, rewrite) => {
    const found = undecided(text());
    if (found.length === 0) return warnings.close(place);
    const shown = found.map(({ kind, start, end }) => ({ kind, masked: masked(text().slice(start, end)) }));
    warnings.show(place, after, title, shown, [
      ["black_out", () => {
        rewrite(replaced(text(), undecided(text()), () => BLACK));
        lookAgain();
      }],
      ["keep", () => {
        for (const { start, end } of undecided(text())) kept.add(text().slice(start, end));
        goOn();
      }],
    ]);
  };
  const warnOfField = (name) => {
    const control = byId(name);
    warn(name, byId(`${name}-error`), words.text(`in_${name}`), () => control.value, (value) => {
      control.value = value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };
  const warnOfRow = ({ name, own }) => {
    const row = () => included.rows().find((row) => row.name === name);
    warn(name, byId("page-context"), words.text("in_context", { name: own ?? words.text(name) }), () => (row()?.goes ? row().value : ""), (value) => {
      included.rewrite(name, value);
      render();
    });
  };
  const lookAhead = () => {
    const fields = FIELDS.map((name) => byId(name));
    // Not before there is something to send: the patterns compiled are 200 KB, and most forms are only looked at.
    if (fields.some(({ value }) => value)) [...fields, ...included.rows()].forEach(({ value }) => secretsOf(value));
  };
  let typed = setTimeout(lookAhead);
  // What was corrected by hand, or left out, needs no words any more.
  byId("form").addEventListener("input", ({ target }) => {
    clearTimeout(typed);
    typed = setTimeout(lookAhead, TYPED_MS);
    if (warnings.has(target.id) && undecided(target.value).length === 0) warnings.close(target.id);
  });
  const changed = (name, goes) => {
    if (!goes) warnings.close(name);
    if (name === ERRORS) post("diagnostics", { included: goes });
  };

  /** Keeps a file back until the person has decided. */
  const hold = (file, { found, cleaned }, give) => {
    const { name, type, lastModified } = file;
    const title = words.text("in_file", { name });
    const letGo = draft.hold(file);
    const decided = (files) => {
      letGo();
      if (files.length) give(files);
      if (waits) goOn();
      else byId("attachments").focus();
    };
    warnings.show(`file-${++files}`, byId("attachments-error"), title, found, [
      ["black_out", () => {
        decided([new File([cleaned], name, { type, lastModified })]);
        announce(words.text("file_blacked_out", { name }));
      }],
      ["attach", () => decided([file])],
      ["do_not_attach", () => decided([])],
    ]);
    announce(title);
  };

  return {
    /** The host page has said something about itself. */
    learn(context) {
      const { host, errors = [], diagnostics } = context;
      const { language, userAgent } = navigator;
      // Where there is the newer way: the older one loads a calendar first.
      const timeZone = self.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      const known = { page_url: context.url, page_title: context.title, browser: userAgent, viewport: context.viewport, language, time_zone: timeZone, app_version: context.appVersion };
      included.learn({ known: Object.entries(known), host, errors: errors.map(redacted), asks: diagnostics === "ask" });
      if (render) render();
      else render = showList(included, words, changed);
      setTimeout(lookAhead);
    },
    /** The member `context` of the request as JSON; empty when nothing is known of a host page. */
    context: () => (render ? JSON.stringify(included.context()) : ""),
    choices: () => (render ? included.choices : ""),
    /** Does a text hold what looks secret, whatever the person has said of it? */
    isSecret: (text) => secretsOf(text).length > 0,
    /** May the request go? If not, the cards say why, and `go` is called when the person has decided. */
    mayGo(go) {
      waits = go;
      if (looking) return false;
      for (const name of FIELDS) warnOfField(name);
      for (const row of included.rows()) warnOfRow(row);
      const mayGo = !warnings.lead();
      if (mayGo) waits = null;
      return mayGo;
    },
    /**
     * Takes what was chosen together, files and names of folders; gives in their order what may go, and each of the others when the person
     * has decided.
     */
    async take(chosen, give) {
      looking++;
      const seen = await Promise.all(chosen.map((one) => one instanceof File && isWorthLooking(one) && look(one)));
      looking--;
      const free = chosen.filter((_, at) => !seen[at]);
      if (free.length) give(free);
      chosen.forEach((file, at) => seen[at] && hold(file, seen[at], give));
      if (waits) goOn();
    },
  };
}
