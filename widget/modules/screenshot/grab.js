// Takes one picture of what the person shares, without the widget in it, and learns whether and where the host page is in it.
import { covered, isMarked, scaleOf } from "./places.js";

/** How long a change of the page may take to be seen in the picture. */
const SEEN_MOST_MS = 1500;
const LOOK_MS = 30;
/** What cannot be looked for has this long to be drawn. */
const SETTLE_MS = 400;
const TRIES = 3;
/** Nothing comes of a camera that has shown nothing by then; of a window that nobody looks at, the first picture may be late. */
const PLAY_MOST_MS = 8000;

const rest = (timeMs) => new Promise((resolve) => setTimeout(resolve, timeMs));

/** Whether something comes to be true in time. */
async function comes(isTrue) {
  for (const end = performance.now() + SEEN_MOST_MS; performance.now() < end; await rest(LOOK_MS)) if (isTrue()) return true;
  return false;
}

/** Ends the sharing: no sign of it stays in the browser. */
export const stop = (stream) => stream.getTracks().forEach((track) => track.stop());

/**
 * Answers the picture and its rectangles that are private; null for these when nobody knows where they are; and `isSure`: whether these are all.
 * The stream is stopped. `ask` asks the loader for a step (public/picture.js).
 */
export async function grab(stream, ask) {
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colorAt = (x, y) => {
    pixel.drawImage(video, -x, -y);
    return pixel.getImageData(0, 0, 1, 1).data;
  };
  const isSeen = (page) => isMarked({ width: video.videoWidth, height: video.videoHeight }, page, colorAt);
  let picture;
  const shoot = async () => {
    picture?.close();
    picture = await createImageBitmap(video);
  };

  /**
   * One try; answers the page when it was in its place both before and after the picture. The browser's own bar may push it meanwhile: that is
   * worth another try.
   */
  const tryOnce = async () => {
    const page = await ask("mark");
    const isStill = (other) => other && other.width === page.width && other.height === page.height;
    if (!page) return { isOver: true };
    if (!(await comes(() => isSeen(page)))) return { isOver: isStill(await ask("mark")) };
    if (!isStill(await ask("clear")) || !(await comes(() => !isSeen(page)))) return {};
    await shoot();
    return scaleOf(picture, page) && isStill(await ask("mark")) && (await comes(() => isSeen(page))) ? { page, isOver: true } : {};
  };

  let page, shown;
  try {
    // Of a page that stands still there may be no frame at all before the first mark.
    const playing = video.play();
    playing.catch(() => {});
    const isTab = stream.getVideoTracks()[0].getSettings().displaySurface === "browser";
    let isOver;
    for (let left = isTab ? TRIES : 0; left && !isOver; left--) ({ page, isOver } = await tryOnce());
    if (!page) {
      await ask("clear");
      await Promise.race([playing, rest(PLAY_MOST_MS)]);
      await rest(SETTLE_MS);
      await shoot();
    }
  } finally {
    // Whatever went wrong, the person has their page back.
    stop(stream);
    shown = await ask("show");
    video.srcObject = null;
  }
  const masks = page && shown ? covered(picture, page, shown.masks) : null;
  return { picture, masks, isSure: Boolean(masks && shown.isSure) };
}
