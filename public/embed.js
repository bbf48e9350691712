// Cornerdesk's loader, the part that is fetched when somebody means to use the widget (public/widget.js imports it beside the frame): calls
// and events of the page, messages to and from the panel, refusals, the form in the flow of the page. docs/embedding.md is its manual.
//
// Messages, both ways { cornerdesk: 1, type, … }; the panel's half is widget/boot.js.
//
//   to the panel   hello       { context, inline, screenshot }   when it is there, at each opening, when something in it changes. context: url, title,
//                                               viewport, appVersion, host (a flat object, by setContext), errors (texts), diagnostics ("ask", "on")
//                  shown       {}               the person looks at it: the focus belongs into the form
//                  prefill     { summary, description, email }   texts, or { value, readOnly } each
//                  identify    { email, name, token }            all null: nobody is known any more
//                  identity-unknown {}          after identity-expired: the page vouches for nobody
//                  attach      { file, name }   a File or Blob, to be treated like a chosen file
//                  look        { theme, locale }                 what has changed
//                  shutdown    {}               forget the draft and who the person is; answered by `wiped`
//                  diagnose    {}               answered by `diagnosis`
//                  pictured    { step, width, height, … }        a step of a picture of the page is done; see public/picture.js
//   from it        ready       {}               the form can be typed into; again for each new document
//                  close       {}
//                  size        { height }       in px, where it stands in the flow of the page
//                  busy        { busy }         something is on its way
//                  submit      {}               a request goes out
//                  sent        { reference }
//                  error       { kind }         it did not arrive
//                  diagnostics { included }     the person has agreed to send the page's errors, or no more
//                  identity-expired {}          the service does not believe the token (any more), or wants one
//                  picture     { step }         mark, clear, show, wide, narrow
//                  wiped       {}
//                  diagnosis   { … }

const CONTEXT_MOST_KEYS = 50;
/** Of its JSON, in octets. */
const CONTEXT_MOST_OCTETS = 4096;
/** The last ones, in memory; each so long at most. */
const ERRORS_MOST = 20;
const ERROR_MOST_CHARS = 1000;
const EVENTS = ["ready", "open", "close", "submit", "sent", "error", "diagnostics", "identity-expired"];
/** How long the panel may take to speak: at all, and once its document has loaded. */
const PATIENCE_MS = { first: 10_000, loaded: 2_000 };
/** How long `shutdown` waits for the panel to forget. */
const WIPE_MOST_MS = 5_000;

const LOOKS = `
:host([hidden]){display:none!important}
button[data-busy]::after{content:"";position:absolute;inset-block-start:-4px;inset-inline-end:-2px;width:.875em;height:.875em;border:2px solid #fff;border-radius:50%;background:#f2a100;box-shadow:0 0 0 1px #0008}
dialog{box-shadow:0 12px 48px #0004}
:modal::backdrop{background:#0006}
dialog.link{height:auto}
a{display:block;padding:1.25em;color:LinkText}`;
/** In the flow of the page. */
const INLINE = `
:host{display:block!important}
dialog,dialog.link{position:static;display:block;width:auto;height:auto;max-width:none;max-height:none;color:inherit;background:none;border:0;border-radius:0;box-shadow:none}
iframe{height:40em}`;

const say = (level, text) => console[level]("Cornerdesk: " + text);
const callable = (value) => typeof value === "function";

/** The page's own facts for staff, or undefined with a line on the console when they are not what the panel shows. */
function contextOf(said) {
  const isFlat = typeof said === "object" && !Array.isArray(said) && Object.values(said).every((value) => value === null || ["string", "number", "boolean"].includes(typeof value));
  if (!isFlat) return say("warn", "setContext wants a flat object of texts, numbers and booleans; ignored.");
  const entries = Object.entries(said).filter(([, value]) => value !== null && value !== "");
  const octets = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries))).length;
  if (entries.length > CONTEXT_MOST_KEYS || octets > CONTEXT_MOST_OCTETS) {
    return say("warn", `setContext takes ${CONTEXT_MOST_KEYS} entries and ${CONTEXT_MOST_OCTETS} octets at most, not ${entries.length} and ${octets}; ignored.`);
  }
  return Object.fromEntries(entries);
}

/**
 * Takes over from the eager part. Its arguments only grow: a cached eager part may be a release older.
 *
 * @param host its element, with the launcher and the dialog
 * @param api its commands by name
 * @param options of the tag and of `update`
 * @param always options of listeners that end with the widget
 * @param wake makes the frame
 * @returns the function that hears what happens
 */
export default function embed(host, api, options, always, wake) {
  const root = host.shadowRoot;
  const [launcher, dialog] = ["button", "dialog"].map((name) => root.querySelector(name));
  const base = new URL(import.meta.url).origin;
  const help = `${base}/help/${options.site}`;
  const inline = options.mode === "inline";
  const { open: openPanel, destroy } = api;
  const listeners = {};
  const waiting = [];
  const errors = [];
  /** Who waits for an answer of the panel, by its type. */
  const answers = {};
  let frame, ready, refused, patience, back, link, facts, person;

  const isOpen = () => launcher.ariaExpanded === "true";
  /** To who listens, by `on` or to `cornerdesk:…` on the window; never with a text of the person. */
  const emit = (name, detail) => {
    dispatchEvent(new CustomEvent("cornerdesk:" + name, { detail }));
    // In a task of its own: what fails in the page's callback fails there.
    listeners[name]?.forEach((callback) => setTimeout(callback, 0, detail));
  };
  /** To the panel, when it is there. */
  const post = (type, data) => {
    if (!ready) return waiting.push([type, data]);
    try {
      frame.contentWindow.postMessage({ cornerdesk: 1, type, ...data }, base);
    } catch (error) {
      // A function among the page's values, say.
      say("warn", `"${type}" cannot be told to the panel: ${error.message}`);
    }
  };
  /** The panel's answer of a type, or undefined when there is none in time. */
  const answer = (type, timeMs) =>
    new Promise((resolve) => {
      answers[type] = resolve;
      setTimeout(resolve, timeMs);
    });
  const hello = () => {
    if (!ready) return;
    const { appVersion, diagnostics } = options;
    const url = options.url === "full" ? location.href : location.origin + location.pathname;
    const agreed = /^(ask|on)$/.test(diagnostics) && { diagnostics, errors };
    post("hello", { screenshot: options.screenshot, context: { url, title: document.title, viewport: `${innerWidth}x${innerHeight}`, appVersion, host: facts, ...agreed }, inline });
  };

  const wait = (timeMs) => {
    clearTimeout(patience);
    if (!ready) patience = setTimeout(giveUp, timeMs);
  };
  const giveUp = () => {
    if (navigator.onLine) return refuse(`${base} does not answer. Is it up, is "${location.origin}" among the site's allowed_origins, and does nothing in this browser, such as an ad blocker, refuse it?`);
    // The frame has the browser's own words for it meanwhile; a tab would be offline, too.
    say("warn", "the browser is offline. The panel comes when it is online again.");
    const again = () => {
      frame.src = frame.src;
      wait(PATIENCE_MS.first);
    };
    addEventListener("online", again, { ...always, once: true });
  };
  /** No panel on this page: the form opens in a tab of its own instead. */
  const refuse = (why) => {
    if (refused) return;
    refused = why;
    clearTimeout(patience);
    say("error", `${why} The form opens in a new tab instead.`);
    frame.hidden = true;
    if (!isOpen()) return;
    if (!inline && navigator.userActivation?.isActive && openTab()) return api.close();
    link = document.createElement("a");
    Object.assign(link, { href: help, target: "_blank", textContent: dialog.ariaLabel + " ↗" });
    dialog.append(link);
    dialog.className = "link";
    if (inline) return;
    if (dialog.open) {
      dialog.close();
      dialog.popover = "manual";
      dialog.showPopover();
    }
    link.focus();
  };
  const openTab = () => window.open(help, "_blank");
  /** The panel has spoken. */
  const accept = () => {
    clearTimeout(patience);
    const isAnother = ready;
    ready = true;
    refused = undefined;
    frame.hidden = false;
    dialog.className = "";
    link?.remove();
    link = null;
    hello();
    for (const message of waiting.splice(0)) post(...message);
    // Another document, of another language say, knows nobody yet.
    if (isAnother && person) identify();
    if (isOpen() && !inline) post("shown");
    emit("ready");
  };
  /** A token may be a function, to be asked whenever a fresh one is needed. */
  const identify = async () => {
    const mine = person;
    const { email = null, name = null } = mine;
    let { token = null } = mine;
    try {
      if (callable(token)) token = await token();
    } catch (error) {
      token = null;
      say("warn", `the token for identify could not be had: ${error}`);
    }
    // Somebody else, or nobody, may have been named meanwhile.
    if (mine === person) post("identify", { email, name, token });
  };

  const spoken = {
    ready: accept,
    close: () => api.close(),
    size: ({ height }) => inline && (frame.style.height = height + "px"),
    busy: ({ busy }) => launcher.toggleAttribute("data-busy", !!busy),
    picture: async ({ step }) => {
      const { default: picture } = await import("./picture.js");
      post("pictured", { step, ...(await picture(step, { host, dialog, frame })) });
    },
    submit: () => emit("submit"),
    sent: ({ reference }) => emit("sent", { reference }),
    error: ({ kind }) => emit("error", { kind }),
    diagnostics: ({ included }) => emit("diagnostics", { included }),
    "identity-expired": () => {
      emit("identity-expired");
      if (callable(person?.token)) identify();
      else if (!person && !listeners["identity-expired"]?.size) post("identity-unknown");
    },
  };
  const keep = (text) => {
    errors.push(text.slice(0, ERROR_MOST_CHARS));
    if (errors.length > ERRORS_MOST) errors.shift();
  };
  const heard = {
    frame: (event) => {
      ({ frame } = event);
      frame.addEventListener("load", () => wait(PATIENCE_MS.loaded));
      wait(PATIENCE_MS.first);
    },
    message: ({ source, origin: from, data }) => {
      if (from !== base || source !== frame.contentWindow || data?.cornerdesk !== 1) return;
      if (Object.hasOwn(answers, data.type)) answers[data.type](data);
      if (Object.hasOwn(spoken, data.type)) spoken[data.type](data);
    },
    securitypolicyviolation: ({ effectiveDirective, blockedURI }) => {
      if (effectiveDirective === "frame-src" && blockedURI.startsWith(base)) refuse(`the page's Content-Security-Policy forbids the panel. Add "frame-src ${base}" to it.`);
    },
    opened: (event) => {
      back = event.back;
      hello();
      // Asked for while it was on its way: `accept` says it.
      if (ready) post("shown");
      emit("open");
    },
    closed: () => {
      const nowhere = [host, document.body, null];
      if (nowhere.includes(document.activeElement)) (nowhere.includes(back) || !back.isConnected ? launcher : back).focus();
      emit("close");
    },
    error: ({ message, filename, lineno, colno }) => keep(`${message} (${filename.split(/[?#]/)[0]}:${lineno}:${colno})`),
    unhandledrejection: ({ reason }) => keep("Unhandled rejection: " + (reason instanceof Error ? `${reason.name}: ${reason.message}` : typeof reason === "string" ? reason : typeof reason)),
    call: ({ name, values }) => {
      if (Object.hasOwn(commands, name)) return commands[name](...values);
      say("warn", `there is no command "${name}".`);
    },
  };
  const commands = {
    on: (name, callback) => {
      if (!EVENTS.includes(name) || !callable(callback)) return say("warn", `on("${name}") wants a function and one of ${EVENTS.join(", ")}.`);
      (listeners[name] ??= new Set()).add(callback);
    },
    off: (name, callback) => void listeners[name]?.delete(callback),
    prefill: (fields) => post("prefill", fields),
    identify: (said) => {
      const before = person;
      person = said ?? {};
      // Whoever sat here before is gone at once, however long the token of the next one takes.
      if (before && callable(person.token) && before.email !== person.email) post("identify", { email: person.email ?? null, name: null, token: null });
      identify();
    },
    setContext: (said) => {
      facts = contextOf(said ?? {}) ?? facts;
      hello();
    },
    attach: (file, name) => (file instanceof Blob ? post("attach", { file, name: name ?? file.name }) : say("warn", "attach wants a File or a Blob.")),
    focus: () => {
      if (!isOpen()) return;
      frame.focus();
      post("shown");
    },
    update: ({ theme, locale } = {}) => {
      hello();
      if (theme || locale) post("look", { theme, locale });
    },
    /** Fulfilled when the panel has forgotten, `false` when it could not be reached. */
    shutdown: async () => {
      api.close();
      waiting.length = errors.length = 0;
      person = facts = undefined;
      wake();
      post("shutdown");
      return !!(await answer("wiped", WIPE_MOST_MS));
    },
    diagnose: async () => {
      wake();
      const { default: diagnose } = await import("./diagnose.js");
      const asked = () => (post("diagnose"), answer("diagnosis", PATIENCE_MS.first));
      return diagnose({ base, options, asked, whyRefused: () => refused });
    },
  };

  const looks = new CSSStyleSheet();
  looks.replaceSync(LOOKS + (inline ? INLINE : ""));
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, looks];
  api.open = () => (refused && !link ? openTab() : openPanel());
  api.destroy = () => {
    clearTimeout(patience);
    destroy();
  };
  root.addEventListener("keydown", (event) => event.key === "Escape" && api.close());
  // A modal dialog of the page that opens while somebody writes here would make the panel inert: the panel goes on top of it. One that was
  // opened from the page is what the person is at; the panel waits below it.
  let isWriting;
  const capture = { ...always, capture: true };
  document.addEventListener("beforetoggle", () => (isWriting = document.activeElement === host), capture);
  document.addEventListener("toggle", ({ target }) => {
    if (!isWriting || inline || !isOpen() || dialog.open || !target.matches(":modal")) return;
    back = document.activeElement;
    dialog.hidePopover();
    dialog.popover = null;
    dialog.showModal();
    frame.focus();
  }, capture);
  const cover = () => (host.hidden = !!document.fullscreenElement && !document.fullscreenElement.contains(host));
  document.addEventListener("fullscreenchange", cover, always);
  cover();
  // The keyboard of a phone covers the page without changing its size.
  for (const moved of ["resize", "scroll"]) {
    visualViewport?.addEventListener(moved, () => {
      const modal = dialog.matches(":modal");
      dialog.style.height = modal ? visualViewport.height + "px" : "";
      // Some phones move what is seen instead of making it smaller.
      dialog.style.top = modal ? visualViewport.offsetTop + "px" : "";
    }, always);
  }
  // Only where the page wants them: in memory, until somebody opens the panel and agrees.
  if (/^(ask|on)$/.test(options.diagnostics)) for (const name of ["error", "unhandledrejection"]) addEventListener(name, (event) => heard[name](event), always);
  if (inline) {
    // Where the tag stands. Always open.
    document.querySelector(`script[data-site="${CSS.escape(options.site)}"][data-mode]`)?.after(host);
    api.close = () => {};
    launcher.ariaExpanded = "true";
    dialog.role = "none";
    wake();
  } else if (options.preload === "idle" && !navigator.connection?.saveData) {
    const rest = () => (window.requestIdleCallback ?? setTimeout)(() => always.signal.aborted || wake());
    if (document.readyState === "complete") rest();
    else addEventListener("load", rest, always);
  }

  return (event) => heard[event.type]?.(event);
}
