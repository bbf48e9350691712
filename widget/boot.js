// Runs as soon as the form is there, before the panel's WebAssembly. Small on purpose: it closes, greets the loader, keeps what the loader
// says, and fetches the panel. Without it, and whenever it fails, the form stays a normal form.
//
// The server puts the addresses of the panel's files (or null) in place of the two names in capitals.
const glue = __PANEL_GLUE__;
const wasm = __PANEL_WASM__;

const page = document.documentElement;
const byId = (id) => document.getElementById(id);
const framed = page.dataset.mode === "frame" && parent !== window;
const form = byId("form");
const files = byId("attachments");
const code = document.querySelector("[data-reference]");
let hostOrigin = null;
let context = null;
let onContext = () => {};

/** What the panel finds when it arrives. */
const boot = (window.cornerdeskBoot = {
  /** To the loader. Before its first message nobody knows the host's origin, so only messages without content go to anyone. */
  post(type, data) {
    if (!framed || (data && !hostOrigin)) return;
    parent.postMessage({ cornerdesk: 1, type, ...data }, hostOrigin || "*");
  },
  /** What the host page says about itself: what it has said, and what it will say. */
  pageContext(listener) {
    onContext = listener;
    if (context) listener(context);
  },
  /** Does the work that the service asks for, away from this thread; says what the worker says, and answers what stops it. */
  work(challenge, listener) {
    const worker = new Worker("/assets/proof.js");
    const stop = () => worker.terminate();
    const hear = (said) => {
      if (typeof said !== "number") stop();
      listener(said);
    };
    worker.onmessage = ({ data }) => hear(data);
    // Only what fails while it runs has a message; a worker that could not be fetched has none.
    worker.onerror = ({ message }) => hear(message ? null : false);
    worker.postMessage(challenge);
    return stop;
  },
  /** The panel shows chosen files from now on. */
  adopted() {
    files.removeEventListener("change", plain);
    page.classList.add("enhanced");
  },
});

/** The native control shows the names of chosen files; the drop area cannot until the panel is there. */
const plain = () => page.classList.remove("enhanced");

const focusForm = () => {
  if (document.activeElement !== document.body) return;
  const receipt = byId("receipt");
  (receipt.hidden ? document.querySelector("[aria-invalid=true]") || byId("summary") : byId("receipt-title"))?.focus();
};

/** Fills fields that are still empty; what a person has typed is never replaced. */
const fill = (values) => {
  for (const name of ["summary", "description", "email"]) {
    const control = byId(name);
    if (control && !control.value && typeof values[name] === "string") {
      control.value = values[name];
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
};

if (framed) {
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || data?.cornerdesk !== 1) return;
    hostOrigin ??= origin;
    if (origin !== hostOrigin) return;
    if (data.type === "hello") {
      context = data.context;
      onContext(context);
      if (code) boot.post("sent", { reference: code.dataset.reference });
    } else if (data.type === "shown") focusForm();
    else if (data.type === "prefill") fill(data);
    else if (data.type === "identify") fill({ email: data.email });
  });
  byId("close").addEventListener("click", () => boot.post("close"));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) boot.post("close");
  });
  boot.post("ready");
  page.querySelector("[data-autofocus]")?.focus();
}

if (form && glue) {
  page.classList.add("enhanced");
  files.addEventListener("change", plain, { once: true });
  const bytes = fetch(wasm);
  bytes.catch(() => {});
  import(glue).then((panel) => panel.default({ module_or_path: bytes })).catch((error) => {
    plain();
    console.warn("Cornerdesk: the panel did not start; the form works without it.", error);
  });
}
