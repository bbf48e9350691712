import { createElement, useEffect, useRef, type ReactElement } from "react";
import { acquire, type Use } from "./acquire.js";
import { cornerdesk } from "./global.js";
import type { Context, Events, Options, Person } from "./types.js";

export { cornerdesk } from "./global.js";

/** Options, who the person is, what staff should know, and who wants to hear of what happens. */
export interface CornerdeskProps extends Omit<Options, "container"> {
  /** `null`: nobody is known any more. */
  person?: Person | null;
  context?: Context | null;
  onReady?: () => void;
  onOpen?: () => void;
  onClose?: () => void;
  onSubmit?: () => void;
  onSent?: (detail: Events["sent"]) => void;
  onError?: (detail: Events["error"]) => void;
  onIdentityExpired?: () => void;
  /** The widget could not be loaded, or may not be shown here. */
  onLoadError?: (error: Error) => void;
}

type Wishes = Omit<CornerdeskProps, "container">;

const LISTENERS = [
  ["ready", "onReady"],
  ["open", "onOpen"],
  ["close", "onClose"],
  ["submit", "onSubmit"],
  ["sent", "onSent"],
  ["error", "onError"],
  ["identity-expired", "onIdentityExpired"],
] as const;

/** The button in the corner, and the panel that it opens. Draws nothing where it stands; put it anywhere, once. */
export function CornerdeskWidget(props: CornerdeskProps): null {
  useWidget(props, () => acquire(optionsOf(props)));
  return null;
}

/** The form, in the flow of the page where it stands. */
export function CornerdeskForm({ className, ...props }: CornerdeskProps & { className?: string }): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  useWidget(props, () => acquire({ ...optionsOf(props), ...(place.current && { container: place.current }) }));
  return createElement("div", { ref: place, className });
}

function useWidget(props: Wishes, take: () => Use): void {
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const { service, site, locale, theme, launcher, offset, appVersion, url, person, context } = props;

  useEffect(() => {
    let isGone = false;
    const use = take();
    const offs: (() => void)[] = [];
    use.ready.then(
      (widget) => {
        if (isGone) return;
        for (const [event, listener] of LISTENERS) {
          const call = (detail: unknown) => (latest.current[listener] as ((detail: unknown) => void) | undefined)?.(detail);
          widget("on", event, call);
          offs.push(() => widget("off", event, call));
        }
      },
      (error: Error) => latest.current.onLoadError?.(error),
    );
    return () => {
      isGone = true;
      for (const off of offs) off();
      use.release();
    };
  }, [service, site]);

  useChange(() => cornerdesk("update", { ...looksOf({ locale, theme, launcher, offset, appVersion, url }) }), [locale, theme, launcher, offset, appVersion, url]);
  // A token that is a function is asked when one is needed; another function is no other person.
  const who = person && JSON.stringify({ ...person, token: typeof person.token === "function" ? "" : person.token });
  useEffect(() => {
    if (person !== undefined) cornerdesk("identify", person);
  }, [who]);
  useEffect(() => {
    if (context !== undefined) cornerdesk("setContext", context);
  }, [context && JSON.stringify(context)]);
}

/** Runs when something has changed since the first time. */
function useChange(run: () => void, what: unknown[]): void {
  const before = useRef(what);
  useEffect(() => {
    if (what.some((one, at) => one !== before.current[at])) run();
    before.current = what;
  }, what);
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function looksOf<T extends object>(all: T): Defined<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function optionsOf(props: Wishes): Options {
  const { service, site, locale, theme, launcher, offset, appVersion, url, drafts, diagnostics, screenshot, preload, frames, nonce } = props;
  return { service, site, ...looksOf({ locale, theme, launcher, offset, appVersion, url, drafts, diagnostics, screenshot, preload, frames, nonce }) };
}
