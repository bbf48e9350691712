// What is said of a place that holds something secret, beside it, and what can be done: one card for each place.

import { make } from "../parts/make.js";

const SHOWN_MOST = 4;

/** The cards that are open. `words` are those of the part. */
export class Warnings {
  #open = new Map();
  #words;

  constructor(words) {
    this.#words = words;
  }

  has = (place) => this.#open.has(place);

  get isEmpty() {
    return this.#open.size === 0;
  }

  /**
   * Shows a card after an element, in place of the card that the place has. `found` is `[{ kind, masked }]`; `choices` are
   * `[key of the words, what happens]`: the card goes before it happens.
   */
  show(place, after, title, found, choices) {
    this.close(place);
    const { text, counted } = this.#words;
    const id = `secret-${this.#open.size}-${place}`.replace(/[^\w-]/g, "_");
    const item = ({ kind, masked }) => make("li", {}, ...around(text("found"), { kind: text(kind), masked: make("code", { dir: "ltr" }, masked) }));
    const items = found.slice(0, SHOWN_MOST).map(item);
    if (found.length > SHOWN_MOST) items.push(make("li", {}, counted("more", found.length - SHOWN_MOST)));
    const buttons = choices.map(([key, chosen]) => {
      const button = make("button", { type: "button", class: "button button--quiet button--small" }, text(key));
      button.addEventListener("click", () => {
        this.close(place);
        chosen();
      });
      return button;
    });
    const card = make(
      "div",
      { class: "notice notice--problem secret", role: "group", "aria-labelledby": id, "data-place": place },
      make("div", { class: "secret__text" }, make("p", { id, tabindex: "-1", class: "secret__title" }, title), make("ul", {}, ...items), make("p", {}, text("who"))),
      make("div", { class: "notice__actions" }, ...buttons),
    );
    after.after(card);
    this.#open.set(place, card);
  }

  close(place) {
    this.#open.get(place)?.remove();
    this.#open.delete(place);
  }

  /** Leads the person to the first card of the page, if there is one. */
  lead() {
    document.querySelector(".secret__title")?.focus();
    return !this.isEmpty;
  }
}

/** A text with elements in place of its `{name}`s. */
function around(text, values) {
  return text.split(/\{(\w+)\}/).map((part, at) => (at % 2 ? values[part] : part));
}
