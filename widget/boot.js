// Runs as soon as the form is there, before the panel's WebAssembly. Small on purpose: it closes, greets the loader, keeps what the loader
// says, and fetches the panel. Without it, and whenever it fails, the form stays a normal form.
//
// The server puts the addresses of the panel's files (or null) in place of the names in capitals.
import { keepDraft } from "./boot/draft.js";
import { fill } from "./boot/fill.js";
import { nameOf } from "./boot/kept_drafts.js";
import { said } from "./boot/policy_fields.js";

const glue = __PANEL_GLUE__;
const wasm = __PANEL_WASM__;
/** Parts of the panel that are fetched when they are used: their addresses by name. */
const modules = __PANEL_MODULES__;
/** The style of what comes later, or null when the document carries all of it. */
const laterStyle = __PANEL_STYLE__;
/** A part that is not there by then has been kept back; who needs help is not. */
const DEPARTURE_MOST_MS = 8000;

const page = document.documentElement;
const byId = (id) => document.getElementById(id);
const framed = page.dataset.mode === "frame" && parent !== window;
const form = byId("form");
const code = document.querySelector("[data-reference]");
let hostOrigin = null;
/** What the host page said last about itself. */
let hello = framed ? null : {};
/** What is looked at before it leaves (`widget/modules/departure.js`), once it is there. */
let departure = null;
let isLate = false;
const pictured = {};
const PICTURE_MOST_MS = 2000;
const NAMED_MOST_MS = 5000;
let sayShown;
let begin;

/** Fulfilled when the person sees the form: a frame may be made long before. */
const shown = framed ? new Promise((resolve) => (sayShown = resolve)) : Promise.resolve();
/** Fulfilled when the panel is wanted: starting it costs the host page's thread something, so a form that nobody looks at has none. */
const wanted = new Promise((resolve) => (begin = resolve));
shown.then(begin);
/** Whether the panel runs, once that is known. */
let started = Promise.resolve(false);
let person;
let personModule;
let sayNamed;
/** Fulfilled when the host page has said who the person is, and the service whether it believes that; or when they take too long. */
const named = new Promise((resolve) => (sayNamed = resolve));
shown.then(() => setTimeout(sayNamed, NAMED_MOST_MS));

/** What nobody needs to type (`widget/modules/errands.js`). */
const errands = () => boot.module("errands");

/** What the panel finds when it arrives, with what `errands` adds. */
const boot = (window.cornerdeskBoot = {
  /** To the loader. Before its first message nobody knows the host's origin, so only messages without content go to anyone. */
  post(type, data) {
    if (!framed || (data && !hostOrigin)) return;
    parent.postMessage({ cornerdesk: 1, type, ...data }, hostOrigin || "*");
  },
  /** What goes along about the host page, as JSON; and what the person has decided about it. What could not be shown does not go. */
  context: () => departure?.context() ?? "",
  choices: () => departure?.choices() ?? "",
  /** What stands in a field of the site's policy; undefined where there is none. */
  field: (name) => said(form, name),
  /** May the request go as it is? If not, `go` is called when the person has decided. Nobody is held back because the part is missing. */
  mayGo(go) {
    if (departure) return departure.mayGo(go);
    if (isLate) return true;
    departing.then(go);
    return false;
  },
  /** A part of the panel that is fetched when it is used. */
  module: (name) => import(modules[name]),
  /** The token of the person whom the host page's product vouches for; empty when there is none, or it is not believed. */
  identityToken: () => person?.token() || "",
  /** The service did not believe it: asks the host page for another one, and says whether there is one. */
  renewIdentity: (listener) => known().then(() => person.renew()).catch(() => false).then(listener),
  /** Asks the loader for a step of a picture of the host page (public/picture.js); answers null where there is none, or no answer. */
  picture: (step) =>
    new Promise((resolve) => {
      pictured[step] = resolve;
      setTimeout(resolve, framed ? PICTURE_MOST_MS : 0, null);
      boot.post("picture", { step });
    }),
});

let depart;
/** Settled when the part is there, or is not going to be in time. */
const departing = new Promise((resolve) => {
  const late = () => {
    if (!departure) console.info("Cornerdesk: the part that warns of secrets did not come; requests go without it.");
    isLate = true;
    resolve();
  };
  depart = () => {
    setTimeout(late, DEPARTURE_MOST_MS);
    return boot.module("departure").then(({ start }) => start(boot.post, boot.draft)).then((part) => {
      departure = part;
      if (hello) departure.learn(hello);
      resolve();
    }).catch(late);
  };
});

if (form) {
  // Should it come to a plain POST: the receipt and the mail then tell the time of where the person is. Asked first, the browser's calendar
  // costs a slow device 60 ms.
  form.addEventListener("formdata", ({ formData }) => {
    formData.set("context", JSON.stringify({ time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }));
  });
  boot.draft = keepDraft(form, { isOff: page.dataset.drafts === "off", module: boot.module, shown, named });
  errands().then(({ listen, offerScreenshot }) => {
    boot.takeFiles = listen(form, boot.draft, departing, () => departure);
    offerScreenshot(byId("screenshot"), byId("screenshot-hint"), framed, boot.module, boot.picture);
  }).catch(() => {});
  // A file that is dropped before anything takes it must not take the form's place: it waits in the control, which takes its own by itself.
  const guard = (event) => {
    const control = form.elements.attachments;
    const { target, type, dataTransfer } = event;
    if (target === control || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (type !== "drop" || boot.takeFiles) return;
    const all = new DataTransfer();
    for (const file of [...control.files, ...dataTransfer.files]) all.items.add(file);
    control.files = all.files;
  };
  for (const name of ["dragover", "drop"]) addEventListener(name, guard);
} else if (code) {
  // The answer to a plain POST: nothing is kept any more.
  const { site, key } = byId("receipt").dataset;
  try {
    localStorage.removeItem(nameOf(site, key));
  } catch {}
}

/** What was kept comes before what the host page suggests. */
const afterDraft = (call) => (boot.draft?.restored ?? shown).then(call);

const focusForm = () => {
  if (document.activeElement !== document.body) return;
  const receipt = byId("receipt");
  (receipt.hidden ? document.querySelector("[aria-invalid=true]") || byId("summary") : byId("receipt-title"))?.focus();
};

/** Somebody else will sit here: nothing stays of what was written or of who wrote it. */
const shutDown = async () => {
  await boot.draft?.forgetAll();
  boot.post("wiped");
  location.replace(location.href);
};

/** The host page's product vouches for the person, or no more. Asked of the service at once, shown when the draft is there. */
const vouch = async (said) => {
  if (!form || (!said.token && !personModule)) return;
  await known();
  return person.hear(said, afterDraft(() => {}), (email) => said.email || boot.draft?.isFor(email));
};
const known = async () => {
  const { start } = await (personModule ||= boot.module("identity"));
  person ||= start(boot.post);
};

if (framed) {
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || data?.cornerdesk !== 1) return;
    hostOrigin ??= origin;
    if (origin !== hostOrigin) return;
    if (data.type === "hello") {
      hello = data.context;
      departure?.learn(hello);
      if (data.inline) {
        errands().then(({ flow }) => flow(boot.post));
        // Nobody opens it there.
        sayShown();
      }
      page.dataset.screenshot = data.screenshot;
      if (code) boot.post("sent", { reference: code.dataset.reference });
    } else if (data.type === "shown") {
      sayShown();
      focusForm();
    } else if (data.type === "prefill") afterDraft(() => fill(data));
    else if (data.type === "identify") {
      afterDraft(() => {
        // Whose token alone comes is known when the service has said who it is.
        if (data.email || !data.token) boot.draft?.isFor(data.email || "");
        fill(data.email ? { email: data.email } : {});
      });
      vouch(data).finally(sayNamed);
    }
    else if (data.type === "attach") afterDraft(errands).then(({ attach }) => attach(data));
    else if (data.type === "look") errands().then(({ look }) => look(data));
    else if (data.type === "pictured") pictured[data.step]?.(data);
    else if (data.type === "shutdown") afterDraft(shutDown);
    else if (data.type === "diagnose") {
      begin();
      Promise.all([started, errands()]).then(([started, { hasStorage }]) => boot.post("diagnosis", { started, storage: hasStorage(), locale: page.lang }));
    }
  });
  byId("close").addEventListener("click", () => boot.post("close"));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) boot.post("close");
  });
  boot.post("ready");
  page.querySelector("[data-autofocus]")?.focus();
}

/** Fulfilled when the form is seen, and what looks for secrets is there or is not going to be. */
const mayAsk = () => shown.then(() => started).then((runs) => runs && departing);

// Where the site has articles, what helps with them comes with the first letter; without it nothing is offered.
if (form && "articles" in form.dataset) {
  byId("summary").addEventListener("input", () => boot.module("articles").then(({ start }) => start(form, mayAsk, (text) => departure?.isSecret(text), boot.identityToken)).catch(() => {}), { once: true });
}

// What can be promised depends on who asks, where they are and what about.
if (form && "promise" in form.dataset) {
  shown.then(() => started).then(() => boot.module("promise")).then(({ start }) => start(form, named, boot.identityToken)).catch(() => {});
}

/** The next task: what was drawn is seen, and what the person does meanwhile is answered. */
const rest = () => new Promise((resolve) => setTimeout(resolve));
const words = async () => {
  const answer = await fetch(form.dataset.words);
  if (!answer.ok) throw new Error(`no words: ${answer.status}`);
  byId("words").textContent = await answer.text();
};

/** Settled when the later style is there, or is not going to be: the panel works without it, if not as well. */
const style = form && laterStyle && new Promise((resolve) => {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: laterStyle, onload: resolve, onerror: resolve }));
});
if (form && glue) {
  page.classList.add("enhanced");
  // Fetched and compiled ahead, away from this thread. Where that fails, the glue tries in its own way; not where nothing can compile it.
  const compile = async () => WebAssembly.compileStreaming(fetch(wasm));
  const compiled = compile().catch((error) => {
    if (!window.WebAssembly) throw error;
    return fetch(wasm);
  });
  const ready = Promise.all([import(glue), compiled, errands(), words(), style]);
  ready.catch(() => {});
  const start = async () => {
    await wanted;
    await rest();
    const [panel, module, { prepare }] = await ready;
    await rest();
    prepare(boot);
    await panel.default({ module_or_path: module });
    depart();
    return true;
  };
  started = start().catch((error) => {
    page.classList.remove("enhanced");
    console.warn("Cornerdesk: the panel did not start; the form works without it.", error);
    return false;
  });
}
