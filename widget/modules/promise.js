// When the team answers, and by when, for this person: on their clock, in their language, for what they have chosen. Fetched once the form is
// seen, where the site's policy may promise something. The service works it out; here the time is only written as the browser writes it.
//
// It is never in the way: without an answer the form says what it said before, and Send knows nothing of it.
import { announce, byId } from "./parts/make.js";
import { written } from "./promise/written.js";

/** What comes later comes too late. */
const ANSWER_MOST_MS = 5000;
/** What was said is asked about again after so long, when the person goes on. */
const HOLDS_MS = 60_000;

/** `named` is fulfilled when it is known who the person is; `token` then says it to the service. */
export function start(form, named, token) {
  const line = byId("promise");
  const { lang, dataset } = document.documentElement;
  const page = dataset.mode === "page" ? "help_form" : "widget";
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  let askedAt = -Infinity;
  let latest = 0;

  const ask = async (isHeard) => {
    const mine = ++latest;
    askedAt = performance.now();
    const about = new URLSearchParams({ form: page, locale: lang, time_zone: timeZone, category: form.elements.category?.value ?? "" });
    const headers = token() ? { "Identity-Token": token() } : {};
    try {
      const answer = await fetch(`/v1/sites/${form.dataset.site}/promise?${about}`, { headers, signal: AbortSignal.timeout(ANSWER_MOST_MS) });
      if (!answer.ok || mine !== latest) return;
      const { hours, promise, answer_by, sentences } = await answer.json();
      const said = [...hours, promise && written(promise, answer_by, lang)].filter(Boolean);
      const text = said.join(sentences);
      if (text === line.textContent) return;
      line.textContent = text;
      if (isHeard) announce(text);
    } catch {
      // What stands there stays.
    }
  };

  form.addEventListener("change", ({ target }) => target.name === "category" && ask(true));
  form.addEventListener("focusin", () => performance.now() - askedAt > HOLDS_MS && ask());
  ask();
  // Who it is may come later, and with it what they have bought.
  named.then(() => token() && ask());
}
