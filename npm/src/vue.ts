import { defineComponent, h, onBeforeUnmount, onMounted, ref, watch, type PropType } from "vue";
import { acquire, type Use } from "./acquire.js";
import { cornerdesk } from "./global.js";
import type { Context, Cornerdesk, Events, Look, Options, Person } from "./types.js";

export { cornerdesk } from "./global.js";

const props = {
  service: { type: String, required: true as const },
  site: { type: String, required: true as const },
  locale: String,
  theme: String as PropType<Look["theme"]>,
  launcher: String as PropType<Look["launcher"]>,
  offset: String,
  appVersion: String,
  url: String as PropType<"full">,
  drafts: String as PropType<Options["drafts"]>,
  diagnostics: String as PropType<Options["diagnostics"]>,
  screenshot: String as PropType<Options["screenshot"]>,
  preload: String as PropType<Options["preload"]>,
  frames: String as PropType<"allow">,
  nonce: String,
  /** `null`: nobody is known any more. */
  person: { type: Object as PropType<Person | null>, default: undefined },
  /** What staff should know. */
  context: { type: Object as PropType<Context | null>, default: undefined },
};

const emits = {
  ready: () => true,
  open: () => true,
  close: () => true,
  submit: () => true,
  sent: (_: Events["sent"]) => true,
  error: (_: Events["error"]) => true,
  identityExpired: () => true,
  /** The widget could not be loaded, or may not be shown here. */
  loadError: (_: Error) => true,
};

const NAMES = ["ready", "open", "close", "submit", "sent", "error", "identity-expired"] as const;
const OPTIONS = ["service", "site", "locale", "theme", "launcher", "offset", "appVersion", "url", "drafts", "diagnostics", "screenshot", "preload", "frames", "nonce"] as const;
const LOOKS = ["locale", "theme", "launcher", "offset", "appVersion", "url"] as const;

type Values = Readonly<Record<string, unknown>> & { person?: Person | null | undefined; context?: Context | null | undefined };

function given<T>(values: Values, names: readonly string[]): T {
  return Object.fromEntries(names.map((name) => [name, values[name]]).filter(([, value]) => value !== undefined)) as T;
}

function useWidget(values: Values, emit: (name: never, detail?: never) => void, place?: () => Element | null): void {
  const tell = emit as unknown as (name: string, detail?: unknown) => void;
  const offs: (() => void)[] = [];
  let use: Use | undefined;
  let isGone = false;
  const listen = (widget: Cornerdesk) => {
    if (isGone) return;
    for (const name of NAMES) {
      const call = (detail: unknown) => tell(name === "identity-expired" ? "identityExpired" : name, detail);
      widget("on", name, call);
      offs.push(() => widget("off", name, call));
    }
  };
  onMounted(() => {
    const container = place?.();
    use = acquire({ ...given<Options>(values, OPTIONS), ...(container && { container }) });
    use.ready.then(listen, (error: Error) => tell("loadError", error));
    if (values.person !== undefined) cornerdesk("identify", values.person);
    if (values.context !== undefined) cornerdesk("setContext", values.context);
  });
  onBeforeUnmount(() => {
    isGone = true;
    for (const off of offs) off();
    use?.release();
  });
  watch(() => LOOKS.map((name) => values[name]), () => cornerdesk("update", given<Look>(values, LOOKS)));
  watch(() => values.person, (person) => person !== undefined && cornerdesk("identify", person), { deep: true });
  watch(() => values.context, (context) => context !== undefined && cornerdesk("setContext", context && { ...context }), { deep: true });
}

/** The button in the corner, and the panel that it opens. Draws nothing where it stands; put it anywhere, once. */
export const CornerdeskWidget = defineComponent({
  name: "CornerdeskWidget",
  props,
  emits,
  setup(values, { emit }) {
    useWidget(values as Values, emit as never);
    return () => null;
  },
});

/** The form, in the flow of the page where it stands. */
export const CornerdeskForm = defineComponent({
  name: "CornerdeskForm",
  props,
  emits,
  setup(values, { emit }) {
    const place = ref<HTMLElement | null>(null);
    useWidget(values as Values, emit as never, () => place.value);
    return () => h("div", { ref: place });
  },
});
