// The person for whom the host page's product vouches. Fetched when the host page brings a token.
//
// It never reads a token: the service says who it is. Until it has, and whenever it does not, the form asks for the address as ever.
import { who } from "./identity/who.js";
import { wordsOf } from "./parts/words.js";

/** Who has no answer by then is asked for the address. */
const ANSWER_MOST_MS = 10_000;
/** How long the host page may take to bring a fresh token: it asks its own server. */
const FRESH_MOST_MS = 10_000;
/** A fresh token that is refused so soon after the last one will not get better. */
const RENEWED_LATELY_MS = 60_000;

/** `post` sends a message to the host page. */
export function start(post) {
  const form = document.getElementById("form");
  const email = document.getElementById("email");
  const field = email.closest(".field");
  const isRequired = "identityRequired" in form.dataset;
  let token = "";
  /** The person of whom the host page has spoken last wants to write under another address, whatever it says of them again. */
  let declined = false;
  let spokenOf = null;
  let renewedAt = -Infinity;
  let onFresh = null;
  let line;
  /** Each token counts until the next one. */
  let latest = 0;

  const put = (address) => {
    email.value = address;
    email.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const show = async (person, mine) => {
    const words = await wordsOf("identity");
    if (mine !== latest) return;
    const said = document.createElement("p");
    const [before, after] = words.text("as", { who: "\n" }).split("\n");
    const name = document.createElement("bdi");
    name.textContent = who(person);
    said.append(before, name, after);
    const shown = document.createElement("div");
    shown.className = "notice identity";
    shown.append(said);
    if (!isRequired) {
      const other = document.createElement("button");
      other.type = "button";
      other.className = "button button--quiet button--small";
      other.textContent = words.text("other");
      other.addEventListener("click", () => {
        declined = true;
        forget();
        put("");
        email.focus();
      });
      shown.append(other);
    }
    line?.remove();
    field.after((line = shown));
    field.hidden = true;
  };

  /** Asks for the address again; what stands there stays. */
  const forget = () => {
    token = "";
    latest++;
    line?.remove();
    line = null;
    field.hidden = false;
  };

  /** Who it is, or nothing; `claimed` is what the host page says. */
  const ask = async (asked, claimed) => {
    try {
      const options = { method: "POST", headers: { "Identity-Token": asked }, signal: AbortSignal.timeout(ANSWER_MOST_MS) };
      const answer = await fetch(`/v1/sites/${form.dataset.site}/identity`, options);
      if (answer.ok) return await answer.json();
      // Too many people of this network ask at once: no word about this token, which is examined again when it comes with a request.
      if (answer.status === 429 && claimed.email) return claimed;
      if (answer.status === 401) console.warn("Cornerdesk: the service does not believe the token of identify. Its log says why.");
    } catch {
      // The address is asked for instead.
    }
    return null;
  };

  /**
   * The host page has said who the person is: with a token, or that nobody is known any more; `ready` when the form has what was kept of it.
   * `known` hears the address for which the product vouches.
   */
  const hear = async ({ token: said, email: claimed, name }, ready, known) => {
    const mine = ++latest;
    if (claimed !== spokenOf) declined = false;
    spokenOf = claimed;
    const person = typeof said === "string" && said && !declined ? await ask(said, { email: claimed, name }) : null;
    await ready;
    if (mine !== latest) return;
    if (person) known(person.email);
    // What a person has typed is never replaced, nor hidden while they write in it; but where only people who are known may ask, no other
    // address counts.
    const isTheirs = !isRequired && email.value && ![claimed, person?.email].includes(email.value);
    if (person && !(isTheirs && !token) && document.activeElement !== email) {
      await show(person, mine).catch(() => (field.hidden = false));
      if (mine !== latest) return;
      token = field.hidden ? said : "";
      if (token && email.value !== person.email) put(person.email);
    } else if (token) forget();
    onFresh?.(!!token);
  };

  // The host page says that it can vouch for nobody.
  addEventListener("message", ({ source, data }) => {
    if (source === parent && data?.cornerdesk === 1 && data.type === "identity-unknown") onFresh?.(false);
  });

  const fresh = async () => {
    post("identity-expired");
    const isFresh = await new Promise((resolve) => {
      onFresh = resolve;
      setTimeout(resolve, FRESH_MOST_MS, false);
    });
    onFresh = null;
    return isFresh;
  };

  return {
    hear,
    forget,
    token: () => token,
    /** The service did not believe the token, or wants one: asks the host page for it, and says whether there is one that is believed. */
    renew: async () => {
      const isLate = performance.now() - renewedAt < RENEWED_LATELY_MS;
      // A form that is a page of its own has nobody to ask.
      const isFresh = !isLate && parent !== window && (await fresh());
      if (isFresh) renewedAt = performance.now();
      else forget();
      return isFresh;
    },
  };
}
