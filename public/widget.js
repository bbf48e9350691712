// Cornerdesk's loader: the only code that runs in the host page. It draws the launcher, and makes the frame with the panel when somebody
// means to use it. No request and no storage before that.
//
// The server puts the sites that allow the embedding page in place of __CORNERDESK_SITES__, or null when it could not know the page.
(() => {
  const script = document.currentScript;
  const { site: key, locale, theme, launcher: wanted, appVersion } = script.dataset;
  const base = new URL(script.src).origin;
  const sites = __CORNERDESK_SITES__;
  const site = sites ? sites[key] : { label: "Help" };
  const say = (level, text) => console[level]("Cornerdesk: " + text);
  const earlier = window.Cornerdesk;

  if (earlier?.host?.isConnected) {
    if (earlier.site !== key) say("warn", `ignored the tag for "${key}": the page shows "${earlier.site}".`);
    return;
  }
  const allows = (pattern) => {
    const [scheme, domain] = pattern.split("*");
    return pattern === origin || (pattern === "self" && base === origin) || (domain && origin.startsWith(scheme) && origin.endsWith(domain));
  };
  if (!key || !site || (site.origins && !site.origins.some(allows))) {
    say("error", key
      ? `not shown: the site "${key}" does not exist or does not allow ${origin}. Correct data-site, or add "${origin}" to the site's allowed_origins.`
      : "not shown: the script tag has no data-site.");
    return;
  }

  const accent = site.accent || "#2f5bea";
  const label = site.labels?.[locale] || site.label || "Help";
  const small = "(max-width:480px),(max-height:480px)";
  const scheme = theme === "light" || theme === "dark" ? theme : "light dark";
  const sheet = new CSSStyleSheet();
  // Important declarations of :host win over the host page's, even over its important ones.
  sheet.replaceSync(`
:host{all:initial!important;color-scheme:${scheme}!important;pointer-events:auto!important;font:medium/1.4 system-ui,sans-serif!important}
:host([hidden]),[hidden]{display:none!important}
button{position:fixed;inset:auto 20px 20px auto;z-index:2147483647;display:flex;align-items:center;gap:.5em;height:3.25em;padding:0 1.25em 0 1em;border:2px solid #fff;border-radius:2em;background:${accent};color:${site.accentText || "#fff"};font:600 1em/1 system-ui,sans-serif;box-shadow:0 4px 16px #0004;cursor:pointer}
button:focus-visible{outline:3px solid #14171f;outline-offset:2px;box-shadow:0 0 0 2px #fff}
button.away{opacity:0;pointer-events:none}
button.busy::after{content:"…"}
svg{width:1.5em;height:1.5em;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
dialog{position:fixed;inset:auto 20px calc(4.25em + 20px) auto;width:min(25em,100vw - 40px);height:min(45em,100dvh - 4.25em - 40px);max-width:none;max-height:none;margin:0;padding:0;overflow:hidden;border:1px solid #8884;border-radius:16px;background:Canvas;box-shadow:0 12px 48px #0004}
:modal::backdrop{background:#0006}
dialog.link{height:auto}
iframe{display:block;width:100%;height:100%;border:0}
a{display:block;padding:1.25em;color:LinkText}
@keyframes in{from{opacity:0;transform:translateY(12px)}}
@media(prefers-reduced-motion:no-preference){dialog{animation:in .2s}}
@media ${small}{button{padding:0 .8em}button span{display:none}dialog:modal{inset:0;width:100%;height:100dvh;border:0;border-radius:0}}
@media print{:host{display:none!important}}`);

  const make = (name, attributes, parent, space = "1999/xhtml") => {
    const element = document.createElementNS("http://www.w3.org/" + space, name);
    for (const attribute in attributes) element.setAttribute(attribute, attributes[attribute]);
    parent?.append(element);
    return element;
  };
  const svg = "2000/svg";
  // Spared by react-aria's modals; beside <body> because frameworks replace, hide and transform what is in it.
  const host = make("cornerdesk-widget", { "data-react-aria-top-layer": "true" });
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const region = make("section", { "aria-label": label }, root);
  const launcher = make("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel", "aria-label": label, title: label }, region);
  make("path", { d: "M4 18.5V7a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H8l-4 4M9 9h6M9 12h4" }, make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, launcher, svg), svg);
  make("span", {}, launcher).textContent = label;
  launcher.hidden = wanted === "none";
  const dialog = make("dialog", { id: "panel", "aria-label": label }, region);

  const helpUrl = `${base}/help/${encodeURIComponent(key)}`;
  const listeners = {};
  const waiting = [];
  const end = new AbortController();
  const always = { signal: end.signal };
  const capture = { ...always, capture: true };
  let frame, ready, refused, patience, back, link;

  // In a task of its own: what fails in the page's callback fails there.
  const emit = (name, data) => listeners[name]?.forEach((callback) => setTimeout(callback, 0, data));
  const isOpen = () => launcher.ariaExpanded === "true";
  /** To the panel, when it is there. */
  const post = (type, data) => {
    if (ready) frame.contentWindow.postMessage({ cornerdesk: 1, type, ...data }, base);
    else waiting.push([type, data]);
  };
  const hello = () => post("hello", { context: { url: origin + location.pathname, title: document.title, viewport: `${innerWidth}x${innerHeight}`, appVersion } });

  /** Makes the frame, hidden in the closed dialog. The first request of this page to the service. */
  const load = () => {
    if (frame) return;
    const query = new URLSearchParams({ ...(locale && { locale }), ...(theme && { theme }) });
    wait(1e4);
    frame = make("iframe", { title: label, allow: "clipboard-write", src: `${base}/w/${encodeURIComponent(key)}?${query}` });
    frame.addEventListener("load", () => wait(2e3));
    dialog.append(frame);
  };
  const wait = (timeMs) => {
    clearTimeout(patience);
    if (!ready) patience = setTimeout(() => refuse(`${base} does not answer. Is it up, and is "${origin}" among the site's allowed_origins?`), timeMs);
  };
  /** No panel on this page: the form opens in a tab of its own instead. */
  const refuse = (why) => {
    if (refused) return;
    refused = true;
    clearTimeout(patience);
    say("error", `${why} The form opens in a new tab instead.`);
    frame.hidden = true;
    if (!isOpen()) return;
    if (navigator.userActivation?.isActive && openTab()) return close();
    link = make("a", { href: helpUrl, target: "_blank" }, dialog);
    link.textContent = label + " ↗";
    dialog.className = "link";
    if (dialog.open) {
      dialog.close();
      show();
    }
    link.focus();
  };
  const openTab = () => window.open(helpUrl, "_blank");

  /** Modal where the panel fills the screen, and where the page's own modal dialog would make anything else inert. */
  const show = () => {
    const modal = !dialog.showPopover || (!refused && (matchMedia(small).matches || document.querySelector("dialog:modal")));
    dialog.popover = modal ? null : "manual";
    if (modal) dialog.showModal();
    else dialog.showPopover();
    launcher.ariaExpanded = "true";
  };
  const open = () => {
    load();
    if (refused && !link) return openTab();
    if (isOpen()) return frame.focus();
    back = document.activeElement;
    show();
    hello();
    frame.focus();
    post("shown");
    emit("open");
  };
  const close = () => {
    if (!isOpen()) return;
    const mine = document.activeElement === host || document.activeElement === document.body;
    launcher.ariaExpanded = "false";
    if (dialog.open) dialog.close();
    else dialog.hidePopover();
    if (mine) (back && back !== host && back !== document.body && back.isConnected ? back : launcher).focus();
    emit("close");
  };
  const api = {
    open,
    close,
    toggle: () => (isOpen() ? close() : open()),
    show: () => (launcher.hidden = false),
    hide: () => (launcher.hidden = true),
    on: (name, callback) => (listeners[name] = listeners[name] || new Set()).add(callback),
    off: (name, callback) => listeners[name]?.delete(callback),
    prefill: (fields) => post("prefill", fields),
    identify: (person) => post("identify", person),
    destroy: () => {
      end.abort();
      clearTimeout(patience);
      host.remove();
      delete window.Cornerdesk;
    },
  };

  for (const intent of ["pointerenter", "focus", "touchstart"]) launcher.addEventListener(intent, load, { passive: true });
  launcher.addEventListener("click", api.toggle);
  dialog.addEventListener("cancel", close);
  root.addEventListener("keydown", (event) => event.key === "Escape" && close());
  // What happens in the widget is none of the page's shortcuts, traps and drop zones' business.
  for (const name of ["keydown", "keyup", "keypress", "click", "mousedown", "pointerdown", "focusin", "focusout"]) root.addEventListener(name, (event) => event.stopPropagation());
  // Focus traps of the page must not see that focus went into the panel.
  for (const name of ["focusin", "focusout"]) {
    addEventListener(name, (event) => {
      if (isOpen() && (event.target === host || event.relatedTarget === host)) event.stopImmediatePropagation();
    }, capture);
  }
  // The launcher gives way to a control of the page that has the focus (WCAG 2.2, 2.4.11).
  document.addEventListener("focusin", ({ target }) => {
    launcher.classList.remove("away");
    if (target === host) return;
    const { left, top, width, height } = target.getBoundingClientRect();
    launcher.classList.toggle("away", launcher.contains(root.elementFromPoint(left + width / 2, top + height / 2)));
  }, always);
  document.addEventListener("fullscreenchange", () => (host.hidden = !!document.fullscreenElement), always);
  document.addEventListener("securitypolicyviolation", (event) => {
    if (frame && event.effectiveDirective === "frame-src" && event.blockedURI.startsWith(base)) refuse(`the page's Content-Security-Policy forbids the panel. Add "frame-src ${base}" to it.`);
  }, always);
  addEventListener("message", ({ source, origin: from, data }) => {
    if (from !== base || !frame || source !== frame.contentWindow || data?.cornerdesk !== 1) return;
    if (data.type === "ready") {
      clearTimeout(patience);
      ready = true;
      refused = frame.hidden = false;
      dialog.className = "";
      link?.remove();
      link = null;
      hello();
      for (const message of waiting.splice(0)) post(...message);
      emit("ready");
    } else if (data.type === "close") close();
    else if (data.type === "busy") launcher.classList.toggle("busy", !!data.busy);
    else if (data.type === "sent") emit("sent", { reference: data.reference });
  }, always);
  // The keyboard of a phone covers the page without changing its size.
  visualViewport?.addEventListener("resize", () => {
    dialog.style.height = dialog.matches(":modal") ? visualViewport.height + "px" : "";
  }, always);

  const append = () => host.isConnected || document.documentElement.append(host);
  const observer = new MutationObserver(append);
  observer.observe(document.documentElement, { childList: true });
  end.signal.addEventListener("abort", () => observer.disconnect());
  append();

  const Cornerdesk = (window.Cornerdesk = (command, ...values) => {
    if (Object.hasOwn(api, command)) api[command](...values);
    else say("warn", `there is no command "${command}".`);
  });
  Cornerdesk.host = host;
  Cornerdesk.site = key;
  for (const call of earlier?.q || []) Cornerdesk(...call);
})();
