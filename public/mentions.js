// Colleagues to choose from while somebody types "@" and letters in a note. Without this one types the name, as the words below the box say.
(() => {
  "use strict";
  const watch = document.getElementById("watch");
  const box = document.getElementById("writing-box");
  const form = box?.closest("form");
  if (!watch || !form) return;
  const { text } = form.elements;
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const list = make("ul", { id: "writing-names", className: "names", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Colleagues");
  const said = make("p", { className: "unseen" });
  said.setAttribute("role", "status");
  box.append(list, said);

  const MOST = 8;
  let people = null;
  let fitting = [];
  let chosen = -1;
  let from = 0;

  const isNote = () => form.elements.kind.value === "note";
  // What stands between the sign and the caret; nothing where no name is being written.
  function typed() {
    if (!isNote() || text.selectionStart !== text.selectionEnd) return null;
    const before = text.value.slice(0, text.selectionStart);
    const found = /(?:^|[^\p{L}\p{N}_.+\-@/])@([\p{L}\p{N}_.+-]{0,40})$/u.exec(before);
    if (!found) return null;
    from = text.selectionStart - found[1].length - 1;
    return found[1].toLowerCase();
  }
  const fits = (person, wanted) =>
    person.handle.startsWith(wanted) || person.name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted));

  function close() {
    if (list.hidden) return;
    list.hidden = true;
    chosen = -1;
    said.textContent = "";
    for (const name of ["aria-controls", "aria-activedescendant", "aria-autocomplete", "aria-haspopup"]) text.removeAttribute(name);
  }
  function choose(at) {
    chosen = at;
    [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
    if (at < 0) {
      text.removeAttribute("aria-activedescendant");
    } else {
      text.setAttribute("aria-activedescendant", list.children[at].id);
    }
  }
  function take(at) {
    const { handle } = fitting[at];
    close();
    text.focus();
    text.setRangeText(`@${handle} `, from, text.selectionStart, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function open(wanted) {
    list.replaceChildren(...fitting.map((person, number) => {
      const one = make("li", { id: `writing-name-${number}`, className: "names__one" });
      one.setAttribute("role", "option");
      const name = make("span", { textContent: person.name, dir: "auto" });
      one.append(name, " ", make("span", { className: "quiet", textContent: `@${person.handle}` }));
      // The text keeps the focus.
      one.addEventListener("pointerdown", (event) => event.preventDefault());
      one.addEventListener("click", () => take(number));
      return one;
    }));
    list.hidden = false;
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-haspopup", "listbox");
    text.setAttribute("aria-controls", list.id);
    // Who has only typed the sign may still want a new line.
    choose(wanted ? 0 : -1);
    said.textContent = fitting.length === 1 ? "1 colleague, Enter takes them" : `${fitting.length} colleagues, the arrow keys choose`;
    list.scrollIntoView({ block: "nearest" });
  }
  async function look() {
    if (typed() === null) return close();
    try {
      people ??= await fetch(`/desk/tickets/${watch.dataset.reference}/colleagues`).then((answer) => {
        if (!answer.ok) throw new Error(answer.statusText);
        return answer.json();
      });
    } catch {
      return close();
    }
    // Meanwhile somebody typed on.
    const wanted = typed();
    if (wanted === null) return close();
    fitting = people.filter((person) => fits(person, wanted)).slice(0, MOST);
    const isWhole = fitting.length === 1 && fitting[0].handle === wanted;
    if (!fitting.length || isWhole) return close();
    open(wanted);
  }
  text.addEventListener("input", look);
  text.addEventListener("click", look);
  text.addEventListener("blur", close);
  for (const kind of form.querySelectorAll("[name=kind]")) kind.addEventListener("change", close);
  // Before the keys of the box, which are those of ticket.js.
  form.addEventListener(
    "keydown",
    (event) => {
      if (list.hidden || event.target !== text || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const count = fitting.length;
      if (event.key === "ArrowDown") choose((chosen + 1) % count);
      else if (event.key === "ArrowUp") choose((chosen <= 0 ? count : chosen) - 1);
      else if (event.key === "Enter" && chosen >= 0) take(chosen);
      else if (event.key === "Escape") close();
      else {
        if (["ArrowLeft", "ArrowRight", "Home", "End", "Enter", "Tab"].includes(event.key)) close();
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
})();
