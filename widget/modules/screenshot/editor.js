// Marks on a picture before it is attached: highlight, black out, arrow, crop.
import { make } from "../parts/make.js";
import { Board } from "./board.js";
import { LOOKS } from "./looks.js";

const TOOLS = {
  black: "M4 7h16v10H4z",
  highlight: "M4 7h16v10H4zM7.5 12h9",
  arrow: "M5 19L18.5 5.5M9 5h10v10",
  crop: "M7 2v15h15M2 7h15v15",
};
/** Held keys move a rectangle many times a second; words for it come when it rests. */
const REST_MS = 250;

let isStyled = false;
function style() {
  if (isStyled) return;
  isStyled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOKS);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function icon(path) {
  const [svg, line] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function button(label, look, pressed) {
  const button = make("button", { type: "button", class: `button ${look}` }, label);
  button.addEventListener("click", pressed);
  return button;
}

/** A place for words that are read out; those of what still moves come when it rests. */
function voice(text) {
  const place = make("p", { class: "editor__said", role: "status" });
  let later;
  const say = (key, values) => {
    clearTimeout(later);
    const speak = () => (place.textContent = text(key, values));
    if (values) later = setTimeout(speak, REST_MS);
    else speak();
  };
  return { place, say };
}

const tool = (name, label, board) => {
  const input = make("input", { type: "radio", name: "editor-tool", value: name, class: "seen-by-readers-only" });
  input.checked = name === board.tool;
  input.addEventListener("change", () => board.choose(name));
  return make("label", { class: `editor__tool editor__tool--${name}` }, input, icon(TOOLS[name]), label);
};

/**
 * Shows the editor for a developed picture (darkroom.js); answers `{ list, unit }` for the print, or null when the person does not want it.
 *
 * `told` is the key of what is said about private parts, if anything is; `use` that of the button that ends it.
 */
export async function edit(developed, { text, told, use: useKey = "use" }) {
  style();
  const { place, say } = voice(text);
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  let board;
  const step = (method, key) => button(text(method), "button--quiet button--small", (event) => event.currentTarget.ariaDisabled === "true" || board.step(method, key));
  const [undo, redo, clear] = [step("undo", "undone"), step("redo", "redone"), step("clear", "cleared")];
  let isLeaving = false;
  const changed = () => {
    isLeaving = false;
    const { marks } = board;
    undo.ariaDisabled = !marks.canUndo;
    redo.ariaDisabled = !marks.canRedo;
    clear.ariaDisabled = !marks.list.length;
  };
  board = new Board(developed, text, say, changed);
  const { canvas } = board;
  const use = button(text(useKey), "button--primary", () => {
    if (board.draft) board.place();
    finish({ list: board.marks.list, unit: board.unit });
  });
  /** One step back: what is being made; then the picture, and twice when there is something to lose. */
  const escape = () => {
    if (board.drop()) return;
    if (isLeaving || !board.marks.list.length) return finish(null);
    isLeaving = true;
    say("leave");
  };
  const cancel = button(text("cancel"), "button--quiet", escape);
  const title = make("h1", { id: "editor-title", class: "editor__title", tabindex: "-1" }, text("title"));
  const dialog = make(
    "dialog",
    { class: "editor", "aria-labelledby": title.id },
    title,
    make("div", { class: "editor__bar" }, make("fieldset", { class: "editor__tools" }, make("legend", { class: "seen-by-readers-only" }, text("tools")), ...Object.keys(TOOLS).map((name) => tool(name, text(name), board))), make("div", { class: "editor__steps" }, undo, redo, clear)),
    told ? make("p", { class: `editor__told${told === "unmasked" ? " editor__told--warns" : ""}`, id: "editor-told" }, text(told)) : "",
    make("div", { class: "editor__stage" }, canvas),
    make("p", { class: "editor__hint", id: "editor-hint" }, text("hint"), " ", make("span", { class: "editor__keys", id: "editor-keys" }, text("keys"))),
    place,
    make("div", { class: "editor__foot" }, cancel, use),
  );
  if (told) title.setAttribute("aria-describedby", "editor-told");
  dialog.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, shiftKey } = event;
    const isRedo = key.toLowerCase() === "y" || (shiftKey && key.toLowerCase() === "z");
    if (key === "Escape" && !event.isComposing) escape();
    else if ((ctrlKey || metaKey) && isRedo) board.step("redo", "redone");
    else if ((ctrlKey || metaKey) && key === "z") board.step("undo", "undone");
    else return;
    event.preventDefault();
    // Not the panel's matter: it would close.
    event.stopPropagation();
  });
  // The way back of a phone.
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    escape();
  });
  const resized = new ResizeObserver(() => board.paint());
  document.body.append(dialog);
  dialog.showModal();
  title.focus();
  resized.observe(canvas);
  const marked = await finished;
  resized.disconnect();
  dialog.close();
  dialog.remove();
  // The memory of the pixels, at once.
  canvas.width = 0;
  developed.shown.close();
  return marked;
}
