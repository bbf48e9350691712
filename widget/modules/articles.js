// Articles of the site's own help that fit the summary, below it. Fetched with its first words, where the site has articles.
//
// They are never in the way: no answer, no articles; Send knows nothing of them.
import { SAID } from "../boot/kept_drafts.js";
import { question } from "./articles/asking.js";
import { announce, byId, make } from "./parts/make.js";
import { wordsOf } from "./parts/words.js";

/** Somebody who types is not asked about after each letter. */
const PAUSE_MS = 250;
/** What comes later comes too late. */
const ANSWER_MOST_MS = 5000;
const REASONS = ["off_topic", "hard_to_follow", "feature_lacking", "other"];
/** Of so many articles, the last ones, a browser remembers that something was said. */
const SAID_MOST = 50;
/** The same for as long as the document is there: a browser may forbid to keep anything, and so may the host page. */
const saidHere = new Set();

const kept = () => {
  try {
    return localStorage.getItem(SAID)?.split(" ") ?? [];
  } catch {
    return [];
  }
};
const remember = (id) => {
  saidHere.add(id);
  if (document.documentElement.dataset.drafts === "off") return;
  try {
    localStorage.setItem(SAID, [...kept(), id].slice(-SAID_MOST).join(" "));
  } catch {
    // Then it may be asked again.
  }
};
const isSaid = (id) => saidHere.has(id) || kept().includes(id);

/**
 * Offers articles below the summary of `form`. `mayAsk` is fulfilled when the service may be asked; a text that `isSecret` is not asked
 * about. `token` says who the person is, where the product does: some articles are for some plans only.
 */
export async function start(form, mayAsk, isSecret, token) {
  const { text } = await wordsOf("articles");
  const summary = byId("summary");
  const place = `/v1/sites/${form.dataset.site}/articles`;
  const list = make("ul", { "aria-labelledby": "articles-title" });
  const box = make("div", { class: "notice articles", id: "articles" }, make("p", { id: "articles-title" }, text("title")), list);
  box.hidden = true;
  summary.closest(".field").append(box);
  let asked = "";
  let timer;
  /** The ids in the list. The same ones are not made anew under a finger, nor said again. */
  let shown = "";
  /** What was found when the person had gone on. */
  let late = null;

  const post = (path, data, more) =>
    fetch(`${place}/${path}`, { method: "POST", headers: { "Content-Type": "application/json", ...(token() && { "Identity-Token": token() }) }, body: JSON.stringify(data), ...more });

  /** Says whether an article helped. Nobody waits for it, and nothing is said when it is lost. */
  const vote = (id, verdict) => {
    remember(id);
    post(`${id}/votes`, { verdict }).catch(() => {});
  };

  /** The question below an article that somebody has opened: yes, or no and why. */
  const judge = (id) => {
    const line = make("div", { class: "articles__question", role: "group" });
    const show = (words, choices) => {
      const sentence = make("p", { tabindex: "-1" }, text(words));
      const buttons = choices.map(([key, chosen]) => {
        const button = make("button", { type: "button", class: "button button--quiet button--small" }, text(key));
        button.addEventListener("click", () => {
          chosen();
          line.firstChild.focus();
        });
        return button;
      });
      line.setAttribute("aria-label", text(words));
      line.replaceChildren(sentence, make("div", { class: "notice__actions" }, ...buttons));
    };
    const end = (verdict) => () => {
      vote(id, verdict);
      show("thanks", []);
    };
    const reasons = REASONS.map((reason) => [reason, end(reason)]);
    show("question", [["yes", end("helped")], ["no", () => show("on_no", reasons)]]);
    return line;
  };

  const item = ({ id, title, url }) => {
    const link = make("a", { href: url, target: "_blank", rel: "noopener", "aria-label": `${title} (${text("new_tab")})` }, make("bdi", {}, title));
    const row = make("li", {}, link);
    link.addEventListener("click", () => {
      if (row.children.length === 1 && !isSaid(id)) row.append(judge(id));
    });
    return row;
  };

  const show = (articles) => {
    const ids = articles.map(({ id }) => id).join();
    // Where somebody is at the list, it stays as it is.
    if (ids !== shown && !box.contains(document.activeElement)) replace(articles, ids);
  };
  const replace = (articles, ids) => {
    shown = ids;
    list.replaceChildren(...articles.map(item));
    box.hidden = articles.length === 0;
    if (articles.length) announce(text("found", { count: articles.length.toLocaleString(`${document.documentElement.lang}-u-nu-latn`) }));
  };

  const ask = async () => {
    await mayAsk();
    const wanted = question(summary.value);
    if (wanted === asked) return;
    asked = wanted;
    late = null;
    // A secret is the person's to send, with Send.
    if (!wanted || isSecret(summary.value)) return show([]);
    const about = { q: wanted, locale: document.documentElement.lang };
    try {
      const answer = await post("search", about, { signal: AbortSignal.timeout(ANSWER_MOST_MS) });
      const { articles } = answer.ok ? await answer.json() : { articles: [] };
      if (wanted !== asked) return;
      // What comes moves the fields below, so never under the fingers of somebody who has gone on.
      if (document.activeElement === summary) show(articles);
      else late = articles;
    } catch {
      // Nothing is offered.
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };
  /** What was offered was for the text that is gone, and perhaps for somebody who is. */
  const forget = () => {
    if (question(summary.value)) return;
    clearTimeout(timer);
    asked = "";
    late = null;
    if (box.contains(document.activeElement)) summary.focus();
    replace([], "");
  };
  summary.addEventListener("input", soon);
  // Another key is another request: a form that was emptied by no key of a keyboard has one.
  new MutationObserver(forget).observe(form.elements.idempotency_key, { attributes: true });
  summary.addEventListener("focus", () => {
    if (late) show(late);
    late = null;
  });
  soon();
}
