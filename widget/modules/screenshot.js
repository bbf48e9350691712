// A screenshot: takes a picture of what the person shares, lets them mark it, and attaches it. Fetched when "Take a screenshot" is pressed; also
// the worker that holds the picture. Also lets a picture be marked that was chosen or pasted.
//
// Only the flattened picture leaves: marks and what is private in the host page are drawn into its pixels, and the original is closed.
import { announce, byId } from "./parts/make.js";
import { wordsOf } from "./parts/words.js";
import { hire, work } from "./screenshot/darkroom.js";
import { edit } from "./screenshot/editor.js";
import { grab, stop } from "./screenshot/grab.js";

if (typeof document === "undefined") work();

let count = 0;

const endings = { "image/png": "png", "image/webp": "webp", "image/jpeg": "jpg" };

const limit = () => Number(byId("form").dataset.attachmentBytes);

/** The editor, in as much room as there is. */
async function editWide(developed, options, ask) {
  await ask("wide");
  return edit(developed, options).finally(() => ask("narrow"));
}

/**
 * Lets the person mark a picture that they have chosen or pasted. Answers the flattened one under the same name, or null when it is to stay as it is. `ask` as below.
 */
export async function mark(file, ask) {
  const back = document.activeElement;
  const { text } = await wordsOf("screenshot");
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const darkroom = hire(import.meta.url);
  try {
    const developed = await darkroom.ask("develop", { picture, masks: [] }, [picture]);
    const marked = await editWide(developed, { text, told: "takes_place", use: "replace" }, ask);
    if (!marked?.list.length) return null;
    const { blob } = await darkroom.ask("print", { ...marked, limit: limit(), isPhoto: file.type === "image/jpeg" });
    const name = file.name.replace(/(\.\w+)?$/, `.${endings[blob.type]}`);
    announce(text("replaced", { name }));
    return new File([blob], name, { type: blob.type });
  } finally {
    darkroom.end();
    // While the frame gets its other place, nothing in it has the focus.
    back.focus();
  }
}

/**
 * Takes it. `asked` is the promise of the browser's own dialog, `picture` asks the loader for a step, `hint` is the place for words, `attach`
 * takes a file as if it had been chosen.
 */
export async function take(asked, { framed, picture: ask, hint, attach }) {
  const say = (text = "") => {
    hint.textContent = text;
    hint.hidden = !text;
    if (text) announce(text);
  };
  // A refusal is told when there are words for it.
  const [stream, { text }] = await Promise.all([asked.catch(() => null), wordsOf("screenshot")]).catch(async (error) => {
    await asked.then(stop, () => {});
    throw error;
  });
  if (!stream) return say(text("none"));
  const darkroom = hire(import.meta.url);
  try {
    const { picture, masks, isSure } = await grab(stream, ask);
    const developed = await darkroom.ask("develop", { picture, masks: masks ?? [] }, [picture]);
    const told = isSure ? (masks.length ? "masked" : undefined) : framed ? "unmasked" : "look_over";
    const marked = await editWide(developed, { text, told }, ask);
    if (!marked) return say();
    const { blob } = await darkroom.ask("print", { ...marked, limit: limit() });
    if (!blob) return say(text("too_large"));
    attach({ file: blob, name: `${text("name", { number: ++count })}.${endings[blob.type]}` });
    say();
  } catch (error) {
    say(text("failed"));
    console.warn("Cornerdesk: no screenshot.", error);
  } finally {
    stop(stream);
    darkroom.end();
  }
}
