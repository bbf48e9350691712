import type { Cornerdesk } from "./types.js";

/** What stands at `window.Cornerdesk`: a queue, and then the widget. */
export type Global = Cornerdesk & { q?: unknown[][]; host?: Element; site?: string };

declare global {
  interface Window {
    Cornerdesk?: Global | undefined;
  }
}

/** The widget that is in the page now. */
export const present = (): Global | undefined => (window.Cornerdesk?.host?.isConnected ? window.Cornerdesk : undefined);

/** The widget, or a queue that waits for it. Callable at any time, from anywhere; nothing happens where there is no window. */
export const cornerdesk = ((...call: unknown[]) => {
  if (typeof window === "undefined") return undefined;
  if (!window.Cornerdesk) {
    const queue = (...waiting: unknown[]) => void ((queue as unknown as Global).q ??= []).push(waiting);
    window.Cornerdesk = queue as unknown as Global;
  }
  return (window.Cornerdesk as unknown as (...call: unknown[]) => unknown)(...call);
}) as Cornerdesk;
