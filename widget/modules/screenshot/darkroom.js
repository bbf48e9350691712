// The worker that holds the picture: the page stays responsive however large it is, and nobody else ever has it.
//
//   develop  { picture, masks }        covers the masks for good; answers a copy for the screen
//   print    { list, limit, unit, isPhoto }   draws the marks, cuts, writes; answers { blob }, null when it fits no limit
import { draw } from "./draw.js";
import { encoded } from "./encode.js";
import { cropOf } from "./marks.js";

/** No screen shows more of it beside the tools. */
const SHOWN_MOST_PX = 2560;

const copied = (source, { left, top, width, height }, scale) => {
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(source, left, top, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
};

let base;

const steps = {
  develop({ picture, masks }) {
    const { width, height } = picture;
    base = copied(picture, { left: 0, top: 0, width, height }, 1);
    picture.close();
    const context = base.getContext("2d");
    context.fillStyle = "#000";
    for (const { left, top, width, height } of masks) context.fillRect(left, top, width, height);
    const scale = Math.min(1, SHOWN_MOST_PX / Math.max(width, height));
    return { width, height, shown: copied(base, { left: 0, top: 0, width, height }, scale).transferToImageBitmap() };
  },
  async print({ list, limit, unit, isPhoto }) {
    const { width, height } = base;
    const flat = new OffscreenCanvas(width, height);
    const context = flat.getContext("2d");
    context.drawImage(base, 0, 0);
    draw(context, base, list, unit, true);
    const crop = cropOf(list, width, height);
    const write = (type, quality, scale) => copied(flat, crop, scale).convertToBlob({ type, quality });
    return { blob: await encoded(write, limit, isPhoto) };
  },
};

/** Listens, in the worker. */
export function work() {
  self.onmessage = async ({ data: { step, ...values } }) => {
    try {
      const answer = await steps[step](values);
      postMessage(answer, answer.shown ? [answer.shown] : []);
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };
}

/** The other side: a worker as a function of a step and its values, and what ends it. */
export function hire(url) {
  const worker = new Worker(url, { type: "module" });
  // It may fail long before it is asked.
  const failed = new Promise((_, reject) => (worker.onerror = () => reject(new Error("no worker"))));
  failed.catch(() => {});
  const ask = (step, values, carried = []) => {
    const answered = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.postMessage({ step, ...values }, carried);
    });
    return Promise.race([failed, answered]);
  };
  return { ask, end: () => worker.terminate() };
}
