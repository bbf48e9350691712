// What the boot script and the panel have done by JavaScript and nobody needs to type: fetched beside the panel, before it starts.
import { listenForFiles } from "./errands/arriving_files.js";

export { offerScreenshot } from "./errands/screenshot.js";

const page = document.documentElement;
const byId = (id) => document.getElementById(id);
/** Smaller ones are sent before anybody has read a question about them. */
const LARGE_PHOTO_BYTES = 2 * 1024 * 1024;
let shrinking = Promise.resolve();
let fetchModule;

/** Adds to what the panel finds. */
export function prepare(boot) {
  fetchModule = boot.module;
  Object.assign(boot, { work, smaller, whySilent, mark: mark.bind(null, boot.picture) });
}

/**
 * Listens for files. Gives what takes them over, once they were looked through: nothing that looks secret leaves before the person knows.
 * `departing` is settled when the part that looks is there, or will not be; then `departure` answers it.
 */
export function listen(form, draft, departing, departure) {
  const takeFiles = listenForFiles(form, byId("attachments"), form.dataset.pastedName);
  return (listener) => {
    const take = (came) => departing.then(() => (departure() ? departure().take(came, listener) : listener(came)));
    draft.holdAgain(take);
    takeFiles((came) => {
      // Folders come by name. Pictures, sounds and films need not wait for the part that reads texts; what was chosen together stays in order.
      const hasText = came.some((file) => file instanceof File && !/^(image|video|audio)\//.test(file.type));
      if (hasText) take(came);
      else listener(came);
    });
  };
}

/** Does the work that the service asks for, away from this thread; says what the worker says, and answers what stops it. */
function work(challenge, listener) {
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
}

/** Makes a smaller copy of a large photo, if it can; says so, or nothing. */
function smaller(file, listener) {
  if (file.size < LARGE_PHOTO_BYTES || !file.type.startsWith("image/")) return;
  // One after another: each wants all of its pixels in memory.
  shrinking = shrinking.then(() => fetchModule("smaller")).then(({ smaller }) => smaller(file)).then((copy) => copy && listener(copy), () => {});
}

/** Lets the person mark a picture of theirs; the listener gets the marked one, null when they do not want it, or false when it cannot be done. */
const mark = (picture, file, listener) => fetchModule("screenshot").then((part) => part.mark(file, picture)).then(listener, () => listener(false));

/**
 * Why a request had no answer: null when its file cannot be read (the bytes stay where they are), else whether there may be a network, or
 * "blocked" when the service does answer something that nobody refuses.
 */
function whySilent(file, listener) {
  const say = () => listener(navigator.onLine);
  if (file) file.slice(0, 1).arrayBuffer().then(say, () => listener(null));
  else fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(3e3) }).then(({ ok }) => (ok ? listener("blocked") : say()), say);
}

/** A file of the host page comes in as if it had been chosen. */
export function attach({ file, name }) {
  const control = byId("attachments");
  if (!control) return;
  const all = new DataTransfer();
  for (const chosen of control.files) all.items.add(chosen);
  all.items.add(new File([file], name || "file", { type: file.type }));
  control.files = all.files;
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Another look. Another language needs another document: not while something stands in this one. */
export function look({ theme, locale }) {
  if (theme) page.dataset.theme = theme;
  if (!locale || byId("summary")?.value || byId("description")?.value) return;
  const url = new URL(location);
  url.searchParams.set("locale", locale);
  url.searchParams.set("theme", page.dataset.theme);
  if (url.href !== location.href) location.replace(url);
}

/** In the flow of the host's page: as tall as what is in it, and nothing to close. */
export function flow(post) {
  if (page.dataset.mode === "inline") return;
  page.dataset.mode = "inline";
  const panel = document.querySelector(".panel");
  new ResizeObserver(() => post("size", { height: panel.offsetHeight })).observe(panel);
}

/** Whether this browser lets the panel keep anything here. */
export function hasStorage() {
  try {
    return !!localStorage;
  } catch {
    return false;
  }
}
