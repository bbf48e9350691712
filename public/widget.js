// Cornerdesk's loader, the eager part: the only code of ours that every page view of a host pays for. It draws the launcher, makes the
// frame with the panel when somebody means to use it, and shows it. No request and no storage before that.
//
// Everything else is in embed.js, which is fetched beside the frame, never before it: the form can be typed into without waiting for it.
// Until it is there, what it must know is kept for it, in order (`hear`). Every byte here counts: see docs/decisions/0022.
//
// The server puts the sites that allow the embedding page in place of __CORNERDESK_SITES__ ("*": whichever, when it could not know the
// page); the build puts the hash of embed.js in place of __EMBED_HASH__.
(() => {
  const script = document.currentScript;
  const page = document.documentElement;
  const options = { ...script.dataset };
  const key = options.site;
  options.locale ||= page.lang;
  const base = new URL(script.src).origin;
  const sites = __CORNERDESK_SITES__;
  const site = sites[key] || sites["*"];
  const say = (level, text) => console[level]("Cornerdesk: " + text);
  const earlier = window.Cornerdesk;

  if (earlier?.host?.isConnected) {
    if (earlier.site !== key) say("warn", `ignored data-site="${key}": the page shows "${earlier.site}".`);
    return;
  }
  if (!key || !site) return say("error", `not shown: data-site="${key}" is no site with ${origin} among its allowed_origins.`);
  // In a sandbox without an origin the panel could neither keep nor send anything.
  if (window !== top && (options.frames !== "allow" || self.origin === "null")) return say("info", 'not shown: data-frames="allow" shows it in frames.');

  const make = (name, attributes, parent, space = "1999/xhtml") => {
    const element = document.createElementNS("http://www.w3.org/" + space, name);
    for (const attribute in attributes) element.setAttribute(attribute, attributes[attribute]);
    parent?.append(element);
    return element;
  };
  const svg = "2000/svg";
  // Spared by react-aria's modals; beside <body> because frameworks replace, hide and transform what is in it.
  const host = make("cornerdesk-widget", { role: "region", "data-react-aria-top-layer": "true" });
  const root = host.attachShadow({ mode: "open" });
  const launcher = make("button", { "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel" }, root);
  make("path", { d: "M4 18.5V7a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H8l-4 4M9 9h6M9 12h4" }, make("svg", { viewBox: "0 0 24 24" }, launcher, svg), svg);
  const text = make("span", {}, launcher);
  const dialog = make("dialog", { id: "panel" }, root);
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [sheet];
  const small = "(max-width:480px),(max-height:480px)";

  /** Takes options over and writes them into what is drawn. */
  const paint = (changed) => {
    Object.assign(options, changed);
    const [x, y = x] = options.offset?.match(/\d+/g) || [20];
    // Important declarations of :host win over the host page's, even over its important ones.
    sheet.replaceSync(`
:host{all:initial!important;color-scheme:${(options.theme || "auto").replace("auto", "light dark")}!important;pointer-events:auto!important;font:medium/1.4 system-ui,sans-serif!important}
[hidden]{display:none!important}
button,dialog{position:fixed;inset:auto;margin:0;${options.launcher === "bottom-left" ? "left" : "right"}:${x}px;bottom:${y}px}
button{z-index:2147483647;display:flex;align-items:center;gap:.5em;height:3.25em;padding:0 1.25em 0 1em;border:2px solid #fff;border-radius:2em;box-shadow:0 0 0 1px #0008,0 4px 16px #0004;background:${site.accent};color:${site.accentText};font:inherit;font-weight:600;cursor:pointer}
button:focus-visible{outline:3px solid #14171f;outline-offset:2px;box-shadow:0 0 0 2px #fff}
button.away{opacity:0;pointer-events:none}
svg{width:1.5em;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
dialog{bottom:calc(4.25em + ${y}px);width:min(25em,100vw - ${2 * x}px);height:min(45em,100dvh - 4.25em - ${2 * y}px);padding:0;overflow:hidden;border:1px solid #8884;border-radius:16px}
iframe{display:block;width:100%;height:100%;border:0}
@media ${small}{button{padding:0 .8em}button span{position:absolute;opacity:0}dialog:modal{inset:0;width:100%;height:100dvh;max-width:none;max-height:none;border:0;border-radius:0}}
@media print{:host{display:none!important}}`);
    text.textContent = host.ariaLabel = dialog.ariaLabel = site.labels[options.locale.toLowerCase().split("-")[0]] || site.label;
    if (changed?.launcher || changed?.mode) launcher.hidden = changed.launcher === "none" || options.mode === "inline";
  };

  const end = new AbortController();
  const always = { signal: end.signal };
  const early = [];
  /** Takes what embed.js must know: events of the page, calls, what happened here. */
  const keep = (event) => void early.push(event);
  let hear = keep;
  let frame, more;

  /** Fetches embed.js, once. */
  const load = () =>
    (more ||= import(base + "/assets/embed.js?__EMBED_HASH__").then((part) => {
      hear = part.default(host, api, options, always, wake);
      early.forEach(hear);
    }).catch((error) => {
      say("warn", error.message + " The form works; calls and events do not.");
      let spoken;
      hear = ({ type, source, data }) => {
        if (source && source === frame?.contentWindow) {
          spoken = true;
          if (data.type === "close") api.close();
        }
        if (type === "closed") launcher.focus();
        else if (spoken && isOpen()) frame.contentWindow.postMessage({ cornerdesk: 1, type: "shown" }, base);
      };
      early.forEach(hear);
      // Offline the frame has the browser's own words for it; a link would lead nowhere.
      if (navigator.onLine) setTimeout(() => {
        if (!spoken) frame?.replaceWith(Object.assign(make("a", { href: `${base}/help/${key}`, target: "_blank" }), { textContent: text.textContent }));
      }, 2e3);
      else addEventListener("online", () => {
        if (spoken) return;
        hear = keep;
        frame?.remove();
        frame = more = null;
        wake();
        if (isOpen()) frame.focus();
      }, { ...always, once: true });
    }));
  /** Makes the frame, hidden in the closed dialog: the first request of this page to the service. */
  const wake = () => {
    if (!frame) {
      frame = make("iframe", { title: dialog.ariaLabel, allow: "clipboard-write;display-capture", src: `${base}/w/${key}?locale=${options.locale}&theme=${options.theme}&drafts=${options.drafts}` }, dialog);
      hear({ type: "frame", frame });
    }
    return load();
  };
  const isOpen = () => launcher.ariaExpanded === "true";
  const show = () => {
    // Modal where the panel fills the screen, and where the page's own modal dialog would make anything else inert.
    const modal = !dialog.showPopover || matchMedia(small).matches || document.querySelector("dialog:modal");
    dialog.popover = modal ? null : "manual";
    if (modal) dialog.showModal();
    else dialog.showPopover();
  };
  const api = {
    open: () => {
      wake();
      if (!isOpen()) {
        const back = document.activeElement;
        show();
        launcher.ariaExpanded = "true";
        hear({ type: "opened", back });
      }
      frame.focus();
    },
    close: () => {
      if (!isOpen()) return;
      launcher.ariaExpanded = "false";
      if (dialog.open) dialog.close();
      else dialog.hidePopover();
      hear({ type: "closed" });
    },
    toggle: () => (isOpen() ? api.close() : api.open()),
    show: () => (launcher.hidden = false),
    hide: () => (launcher.hidden = true),
    destroy: () => {
      end.abort();
      host.remove();
      delete window.Cornerdesk;
    },
  };

  launcher.onpointerenter = launcher.onfocus = wake;
  launcher.onclick = () => api.toggle();
  dialog.oncancel = () => api.close();
  // What happens in the widget is none of the page's shortcuts, traps and drop zones' business.
  for (const name of ["keydown", "keyup", "keypress", "click", "mousedown", "pointerdown", "focusin", "focusout"]) root.addEventListener(name, (event) => event.stopPropagation());
  for (const name of ["focusin", "focusout", "pointerover", "click"]) {
    addEventListener(name, (event) => {
      const { target, relatedTarget, type } = event;
      if (type[0] === "f") {
        launcher.className = "";
        // Focus traps of the page must not see that focus went into the panel.
        if (isOpen() && (target === host || relatedTarget === host)) event.stopImmediatePropagation();
        else if (target !== host) {
          // The launcher gives way to a control of the page that has the focus (WCAG 2.2, 2.4.11).
          const { left, top, width, height } = target.getBoundingClientRect();
          if (launcher.contains(root.elementFromPoint(left + width / 2, top + height / 2))) launcher.className = "away";
        }
        // A button of the page's own.
      } else if (target.closest?.("[data-cornerdesk-open]")) type === "click" ? api.open() : wake();
    }, { ...always, capture: true });
  }
  const tell = (event) => frame && hear(event);
  addEventListener("message", tell, always);
  document.addEventListener("securitypolicyviolation", tell, always);

  paint(options);
  // Frameworks that replace the whole document take it away. The launcher is a popover, too: transforms and layers of the page do not reach it.
  const append = () => {
    if (host.isConnected || always.signal.aborted) return;
    page.append(host);
    launcher.popover = "manual";
    launcher.showPopover?.();
    if (isOpen() && !options.mode) show();
  };
  new MutationObserver(append).observe(page, { childList: true });
  append();
  // What begins before somebody means to use the widget, and only where the tag asks for it.
  if (options.mode || options.preload || options.diagnostics) load();

  const Cornerdesk = (window.Cornerdesk = (name, ...values) => {
    if (Object.hasOwn(api, name)) return api[name](...values);
    if (name === "update") paint(...values);
    const call = { type: "call", name, values };
    return /^(diagnose|shutdown)$/.test(name) ? load().then(() => hear(call)) : hear(call);
  });
  Cornerdesk.host = host;
  Cornerdesk.site = key;
  for (const call of earlier?.q || []) Cornerdesk(...call);
})();
