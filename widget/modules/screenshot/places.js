// Where things of a page are in a picture of it. Pure. A page is `{ width, height }` of its window in CSS pixels; the rest is in pixels of the
// picture.
import { rectangle } from "./marks.js";

/** So many pixels may be missing after rounding. */
const ROUNDED = 2;
/** What is private is covered with an edge around it, in CSS pixels: a window is not always a whole number of them wide. */
const EDGE = 3;

/** How many pixels of the picture a CSS pixel is; null when it has not the shape of that window. */
export function scaleOf(picture, page) {
  const scale = picture.width / page.width;
  return Math.abs(picture.height - page.height * scale) <= ROUNDED + scale ? scale : null;
}

/** The colours of the two corners that the loader marks, as a camera sees them: video rounds colours. */
const MAGENTA = ([red, green, blue]) => red > 150 && green < 110 && blue > 150;
const GREEN = ([red, green, blue]) => red < 110 && green > 150 && blue < 110;

/**
 * Whether both corners are marked in a picture: then it is of this window, whole and in its place. `colorAt` answers red, green and blue of a
 * pixel.
 */
export function isMarked(picture, page, colorAt) {
  const scale = scaleOf(picture, page);
  if (!scale) return false;
  const [x1, y1, x2, y2] = page.marks.map((at) => Math.floor(at * scale));
  return MAGENTA(colorAt(x1, y1)) && GREEN(colorAt(x2, y2));
}

/** The rectangles to be covered: of `masks`, `[left, top, right, bottom]` each in CSS pixels. Never smaller than they are. */
export function covered(picture, page, masks) {
  const scale = scaleOf(picture, page);
  const grown = masks.map(([left, top, right, bottom]) => ({ x1: (left - EDGE) * scale, y1: (top - EDGE) * scale, x2: (right + EDGE) * scale, y2: (bottom + EDGE) * scale }));
  return grown.map((mask) => rectangle(mask, picture.width, picture.height)).filter(({ width, height }) => width && height);
}
