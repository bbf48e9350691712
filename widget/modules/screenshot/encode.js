// In which format, and how small, a picture is kept. Pure: how it is written is an argument.

/** Letters stay sharp in PNG; a picture that is larger than this is one of photographs, and not worth the wait. */
const PNG_MOST_BYTES = 3_000_000;

/** What is tried, in order: type, quality, part of the size. The first that fits is taken. */
const TRIES = [
  ["image/png", undefined, 1],
  ["image/webp", 0.92, 1],
  ["image/jpeg", 0.9, 1],
  ["image/jpeg", 0.75, 1],
  ["image/jpeg", 0.75, 0.5],
  ["image/jpeg", 0.6, 0.25],
];

/**
 * The bytes, of at most `limit` octets; null when they cannot be made so small. What `isPhoto` stays a JPEG. `write(type, quality, scale)` answers a blob; a browser that does
 * not know the type answers another one.
 */
export async function encoded(write, limit, isPhoto) {
  for (const [type, quality, scale] of TRIES) {
    // Of a photo a PNG is many times as large, and takes seconds.
    if (isPhoto && type !== "image/jpeg") continue;
    const most = type === "image/png" ? Math.min(limit, PNG_MOST_BYTES) : limit;
    const blob = await write(type, quality, scale);
    if (blob?.type === type && blob.size <= most) return blob;
  }
  return null;
}
