// What is offered smaller, and how small. Pure.

/** Enough for every screen to show a photo from edge to edge. */
const LONGEST_SIDE = 2560;
const PHOTOS = ["image/jpeg", "image/webp", "image/heic", "image/heif", "image/avif"];

/** Photos are written anew without a visible loss. Screenshots (PNG) are not: their letters would blur. */
export const isPhoto = (type) => PHOTOS.includes(type);

/** A choice that saves less than a third is not worth a button. */
export const isWorth = (bytes, smallerBytes) => smallerBytes * 3 <= bytes * 2;

/** The size in pixels, with the same shape and no side longer than is useful. */
export function sizeWithin(width, height) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const scaled = (side) => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}
