// The picture on the screen, and how marks get onto it: by dragging, by one corner and then the other, by keys. Everything is said in words, too.
import { make } from "../parts/make.js";
import { draw, drawDraft } from "./draw.js";
import { atPercent, isPlaced, Marks, moved } from "./marks.js";

/** A finger or mouse that moves less between pressing and lifting has clicked; in CSS pixels. */
const CLICK_MOST = 6;
/** Of the picture, with each press of an arrow key; with Ctrl a tenth of it. */
const STEP = 0.02;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Shows a developed picture (darkroom.js). `say` tells a key of the words with its values; `changed` hears that something is different. */
export class Board {
  marks = new Marks();
  tool = "black";
  /** The mark that is being made, and how: "drag", "clicks" or "keys". */
  draft = null;
  #way = null;
  #pressed = null;
  #drawn = 0;

  constructor({ width, height, shown }, text, say, changed) {
    Object.assign(this, { size: { width, height }, shown, say, changed });
    this.canvas = make("canvas", { width: shown.width, height: shown.height, tabindex: "0", role: "application", "aria-label": text("canvas"), "aria-describedby": "editor-hint editor-keys" });
    const heard = { pointerdown: this.#press, pointermove: this.#move, pointerup: this.#lift, pointercancel: this.#lose, keydown: this.#key };
    for (const name in heard) this.canvas.addEventListener(name, heard[name].bind(this));
  }

  /** The width of a line, in pixels of the picture: the same on every screen. */
  get unit() {
    return Math.max(2, 2 * (this.size.width / (this.canvas.clientWidth || this.size.width)));
  }

  paint() {
    this.changed();
    cancelAnimationFrame(this.#drawn);
    this.#drawn = requestAnimationFrame(() => {
      const { canvas, shown, size, marks, draft, unit } = this;
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(shown, 0, 0);
      context.scale(shown.width / size.width, shown.height / size.height);
      // There is one crop: the old one goes when the new one is there.
      draw(context, size, draft?.tool === "crop" ? marks.list.filter(({ tool }) => tool !== "crop") : marks.list, unit);
      if (draft) drawDraft(context, size, draft, unit);
    });
  }

  choose(tool) {
    this.tool = tool;
    if (this.draft) this.draft = { ...this.draft, tool };
    this.paint();
  }

  /** Places what is being made. */
  place() {
    const { draft } = this;
    this.draft = this.#way = null;
    if (isPlaced(draft)) this.marks.add(draft);
    this.say(isPlaced(draft) ? `placed_${draft.tool}` : "dropped");
    this.paint();
  }

  /** Gives up what is being made; says whether there was anything. */
  drop() {
    if (!this.draft) return false;
    this.draft = this.#way = null;
    this.say("dropped");
    this.paint();
    return true;
  }

  /** A step of the history: undo, redo, clear, remove. */
  step(method, key) {
    this.draft = this.#way = null;
    this.say(this.marks[method]() ? key : "nothing");
    this.paint();
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const within = (part, most) => Math.min(Math.max(part, 0), 1) * most;
    return [within((clientX - left) / width, this.size.width), within((clientY - top) / height, this.size.height)];
  }

  #press(event) {
    if (event.button || !event.isPrimary) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#pressed = [event.clientX, event.clientY];
    const [x2, y2] = this.#at(event);
    if (this.#way === "clicks") this.draft = { ...this.draft, x2, y2 };
    else {
      this.draft = { tool: this.tool, x1: x2, y1: y2, x2, y2 };
      this.#way = "drag";
    }
    this.paint();
  }

  #move(event) {
    if (!this.draft || (!this.#pressed && this.#way !== "clicks")) return;
    const [x2, y2] = this.#at(event);
    this.draft = { ...this.draft, x2, y2 };
    this.paint();
  }

  #lift({ clientX, clientY }) {
    if (!this.#pressed || !this.draft) return;
    const isClick = Math.hypot(clientX - this.#pressed[0], clientY - this.#pressed[1]) < CLICK_MOST;
    this.#pressed = null;
    if (this.#way === "drag" && isClick) {
      this.#way = "clicks";
      this.say("corner");
    } else this.place();
  }

  #lose() {
    this.#pressed = null;
    this.drop();
  }

  #key(event) {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
    if (altKey || metaKey) return;
    if (ARROWS[key]) this.#shift(ARROWS[key], shiftKey, ctrlKey ? STEP / 10 : STEP);
    else if ((key === "Enter" || key === " ") && this.draft) this.place();
    else if (key === "Delete" || key === "Backspace") this.drop() || this.step("remove", "removed");
    else return;
    event.preventDefault();
  }

  /** The first press puts a rectangle into the middle; the others move it, or its second corner. */
  #shift([dx, dy], isResized, step) {
    const { width, height } = this.size;
    const isFirst = !this.draft;
    if (isFirst) this.draft = { tool: this.tool, x1: width * 0.4, y1: height * 0.4, x2: width * 0.6, y2: height * 0.6 };
    else this.draft = moved(this.draft, dx * width * step, dy * height * step, isResized, width, height);
    this.#way = "keys";
    this.say(isFirst ? "begun" : "at", atPercent(this.draft, width, height));
    this.paint();
  }
}
