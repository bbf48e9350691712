import { present } from "./global.js";
import type { Cornerdesk, Options } from "./types.js";

/** How long the widget stays when nobody uses it any more: frameworks take components down and put them up again, React in development always. */
const LINGER_MS = 1000;

/** One use of the widget. */
export interface Use {
  ready: Promise<Cornerdesk>;
  /** The last release takes the widget out of the page, a moment later. */
  release(): void;
}

interface Loaded {
  key: string;
  container: Element | undefined;
  uses: number;
  isPending: boolean;
  /** Undefined where the tag is in the page's HTML: it is the page's, not ours to remove. */
  script: HTMLScriptElement | undefined;
  ready: Promise<Cornerdesk>;
}

let loaded: Loaded | undefined;

/** The widget for these options: the one that is there, where it is for the same site and place, or still in use. */
export function acquire(options: Options): Use {
  if (loaded && !isUsable(loaded, options)) drop(loaded);
  const mine = (loaded ??= start(options));
  mine.uses++;
  let isReleased = false;
  return {
    ready: mine.ready,
    release() {
      if (isReleased) return;
      isReleased = true;
      mine.uses--;
      setTimeout(() => {
        if (mine.uses === 0) drop(mine);
      }, LINGER_MS);
    },
  };
}

const keyOf = ({ service, site }: Options) => `${service} ${site}`;

function isUsable(known: Loaded, options: Options): boolean {
  // Somebody may have destroyed it by the command.
  if (!known.isPending && !present()) return false;
  const isSame = known.key === keyOf(options) && known.container === options.container;
  if (!isSame && known.uses > 0) console.warn(`Cornerdesk: one widget for a page; ${known.key} is in use.`);
  return isSame || known.uses > 0;
}

function drop(known: Loaded): void {
  if (known !== loaded) return;
  loaded = undefined;
  if (!known.script) return;
  known.script.remove();
  present()?.("destroy");
}

function start(options: Options): Loaded {
  const common = { key: keyOf(options), container: options.container, uses: 0 };
  const there = present();
  if (there) return { ...common, isPending: false, script: undefined, ready: Promise.resolve(there) };
  const script = tag(options);
  const mine: Loaded = { ...common, isPending: true, script, ready: arrival(script, options) };
  const settle = () => (mine.isPending = false);
  mine.ready.then(settle, settle);
  return mine;
}

function tag({ service: _, container, nonce, ...attributes }: Options): HTMLScriptElement {
  const script = document.createElement("script");
  script.async = true;
  if (nonce) script.nonce = nonce;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) script.dataset[name] = String(value);
  }
  if (container) script.dataset["mode"] = "inline";
  return script;
}

function arrival(script: HTMLScriptElement, { service, container }: Options): Promise<Cornerdesk> {
  const address = `${service.replace(/\/+$/, "")}/widget.js`;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      script.remove();
      reject(new Error(`Cornerdesk: ${why}`));
    };
    script.onload = () => {
      const widget = present();
      if (widget) resolve(widget);
      else fail("not shown on this page; the line before this one on the console says why.");
    };
    script.onerror = () => fail(`${address} was not loaded: no connection, an ad blocker, or a script-src without ${service}.`);
    try {
      script.src = trusted(address);
    } catch {
      fail("Trusted Types forbid adding a script: put the tag into the page's HTML, load() then finds it; or allow the policy \"cornerdesk\".");
      return;
    }
    (container ?? document.head).append(script);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/** The address, through a policy where the page may want one. */
function trusted(address: string): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("cornerdesk", { createScriptURL: (url) => url });
  return (policy?.createScriptURL(address) ?? address) as string;
}
