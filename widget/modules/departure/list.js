// The disclosure "Included with your request": a row for each entry, with a button that removes it or adds it back.
import { announce, byId, make } from "../parts/make.js";
import { browserName, ERRORS } from "./included.js";

/** Shows what is included, and shows it anew when `render` is called. `changed` hears the name of a row and whether it goes now. */
export function showList(included, { text, counted }, changed) {
  const summary = make("span", { class: "page-context__count" });
  const list = make("dl");
  const details = make("details", { class: "page-context" }, make("summary", {}, text("title"), " ", summary), list);
  const tick = make("input", { type: "checkbox" });
  const asked = make("span");
  const ask = make("label", { class: "page-context__ask" }, tick, asked);
  const label = ({ name, own }) => own ?? text(name);
  let isWanted = false;

  const toggle = (row) => {
    const goes = included.toggle(row.name);
    render();
    changed(row.name, goes);
    announce(text(goes ? "restored" : "removed", { name: label(row) }));
  };
  tick.addEventListener("change", () => toggle({ name: ERRORS }));

  const line = (row) => {
    const name = label(row);
    const button = make("button", { type: "button", class: "text-button", "aria-label": text(row.goes ? "remove" : "restore", { name }), "data-row": row.name }, text(row.goes ? "remove_short" : "restore_short"));
    button.addEventListener("click", () => toggle(row));
    // What the browser calls itself is for programs; people read what it means, and see it all the same.
    const names = row.name === "browser" && browserName(navigator);
    const shown = names ? [make("bdi", {}, text("browser_on", { browser: names[0], system: names[1] })), make("small", { dir: "ltr" }, row.value)] : [make("bdi", {}, row.value)];
    return make("div", { class: "page-context__row", "data-out": row.goes ? undefined : "" }, make("dt", {}, name), make("dd", {}, make("div", {}, ...shown, row.goes ? "" : make("b", {}, text("left_out"))), button));
  };
  const render = () => {
    const rows = included.rows();
    const had = document.activeElement?.dataset?.row;
    summary.textContent = rows.filter(({ goes }) => goes).length;
    // Most people never look.
    if (isWanted) list.replaceChildren(...rows.map(line));
    if (had) list.querySelector(`[data-row="${CSS.escape(had)}"]`)?.focus();
    ask.hidden = !included.asks || included.errors === 0;
    if (!ask.hidden) asked.textContent = counted("ask_errors", included.errors);
    tick.checked = rows.some(({ name, goes }) => name === ERRORS && goes);
    details.hidden = rows.length === 0;
  };
  // Comes before the list opens, whatever opens it; `toggle` would come after.
  details.firstChild.addEventListener("click", () => {
    isWanted = true;
    render();
  }, { once: true });
  byId("page-context").replaceChildren(ask, details);
  render();
  return render;
}
