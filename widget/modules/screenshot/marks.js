// The marks on a picture and their history. Pure. A mark is `{ tool, x1, y1, x2, y2 }` in pixels of the picture, from one corner (an arrow:
// its end) to the other (its point). Tools: highlight, black, arrow, crop.

/** So many steps can be undone. */
const STEPS_MOST = 100;

/** What was marked, and every step to it. */
export class Marks {
  #steps = [[]];
  #at = 0;

  get list() {
    return this.#steps[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#steps.length - 1;
  }

  #step(list) {
    this.#steps = [...this.#steps.slice(0, this.#at + 1), list].slice(-STEPS_MOST);
    this.#at = this.#steps.length - 1;
  }

  /** Adds a mark. A picture has one crop: the newest. */
  add(mark) {
    const kept = mark.tool === "crop" ? this.list.filter(({ tool }) => tool !== "crop") : this.list;
    this.#step([...kept, mark]);
  }

  /** Takes the newest away. This and the others answer whether there was anything to do. */
  remove() {
    const isAny = this.list.length > 0;
    if (isAny) this.#step(this.list.slice(0, -1));
    return isAny;
  }

  clear() {
    const isAny = this.list.length > 0;
    if (isAny) this.#step([]);
    return isAny;
  }

  undo() {
    const can = this.canUndo;
    if (can) this.#at--;
    return can;
  }

  redo() {
    const can = this.canRedo;
    if (can) this.#at++;
    return can;
  }
}

/** The rectangle of a mark in whole pixels, within a picture: never smaller than what was marked. */
export function rectangle({ x1, y1, x2, y2 }, width, height) {
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const [left, top] = [clamp(Math.floor(Math.min(x1, x2)), width), clamp(Math.floor(Math.min(y1, y2)), height)];
  const [right, bottom] = [clamp(Math.ceil(Math.max(x1, x2)), width), clamp(Math.ceil(Math.max(y1, y2)), height)];
  return { left, top, width: right - left, height: bottom - top };
}

/** What is left of the picture. */
export function cropOf(list, width, height) {
  const crop = list.find(({ tool }) => tool === "crop");
  const rest = crop && rectangle(crop, width, height);
  return rest?.width && rest.height ? rest : { left: 0, top: 0, width, height };
}

/** A mark moved, or with its second corner moved; it stays within the picture. */
export function moved(mark, dx, dy, isResized, width, height) {
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  const { x1, y1, x2, y2 } = mark;
  if (isResized) return { ...mark, x2: within(x2 + dx, width), y2: within(y2 + dy, height) };
  const by = (step, low, high, most) => Math.min(Math.max(step, -low), most - high);
  const sx = by(dx, Math.min(x1, x2), Math.max(x1, x2), width);
  const sy = by(dy, Math.min(y1, y2), Math.max(y1, y2), height);
  return { ...mark, x1: x1 + sx, x2: x2 + sx, y1: y1 + sy, y2: y2 + sy };
}

/** Whether a mark is more than a point. */
export const isPlaced = ({ tool, x1, y1, x2, y2 }) => (tool === "arrow" ? x1 !== x2 || y1 !== y2 : x1 !== x2 && y1 !== y2);

/** Where a mark is, for those who do not see it: whole percents of the picture. */
export function atPercent({ x1, y1, x2, y2 }, width, height) {
  const percent = (part, whole) => Math.round((100 * part) / whole);
  return {
    left: percent(Math.min(x1, x2), width),
    top: percent(Math.min(y1, y2), height),
    width: percent(Math.abs(x2 - x1), width),
    height: percent(Math.abs(y2 - y1), height),
  };
}
