// The button for a screenshot. Browsers want the screen to be asked for in the click itself, so this does not wait for the part that does the
// rest (`widget/modules/screenshot.js`).
import { attach } from "../errands.js";

/** Offers it where the browser can, and says in `hint` what to do elsewhere; `picture` asks the loader for a step of it. */
export function offerScreenshot(button, hint, framed, module, picture) {
  const { mediaDevices } = navigator;
  // Phones either cannot, or say that they can and refuse.
  const can = mediaDevices?.getDisplayMedia && self.OffscreenCanvas && !matchMedia("(pointer:coarse)").matches && (document.featurePolicy?.allowsFeature("display-capture") ?? true);
  button.hidden = !can;
  hint.hidden = can;
  const ask = () => {
    // The person stays here, whatever they choose.
    const controller = self.CaptureController && new CaptureController();
    controller?.setFocusBehavior?.("no-focus-change");
    const video = { width: { max: 7680 }, height: { max: 4320 }, cursor: "never" };
    return mediaDevices.getDisplayMedia({ video, controller, preferCurrentTab: framed, selfBrowserSurface: framed ? "include" : "exclude", surfaceSwitching: "exclude" });
  };
  button.addEventListener("click", async () => {
    if (button.ariaDisabled) return;
    button.ariaDisabled = true;
    const asked = ask();
    // Settled before the part is there, perhaps.
    asked.catch(() => {});
    try {
      await (await module("screenshot")).take(asked, { framed, picture, hint, attach });
    } catch {
      hint.hidden = false;
      for (const track of (await asked.catch(() => null))?.getTracks() ?? []) track.stop();
    }
    button.ariaDisabled = null;
    button.focus();
  });
}
