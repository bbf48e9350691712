/** What may be changed with `update`. */
export interface Look {
  /** Language of the launcher and the form, such as `de` or `de-AT`. Without it: the page's `lang`. */
  locale?: string;
  /** `auto` follows the person's system. */
  theme?: "auto" | "light" | "dark";
  /** Where the button is. `none`: you open the panel yourself. */
  launcher?: "bottom-right" | "bottom-left" | "none";
  /** Distance of the button from its corner in px: `"20"`, or across and up: `"20 80"`. */
  offset?: string;
  /** Version of your product; staff see it with the request. */
  appVersion?: string;
  /** `full` sends the page's address with query and fragment. */
  url?: "full";
}

/** What `load` needs and takes. */
export interface Options extends Look {
  /** Origin of your Cornerdesk service, such as `https://help.example.com`. */
  service: string;
  /** Key of your site there. */
  site: string;
  /** `off`: what a person writes is not kept through a reload. */
  drafts?: "on" | "off";
  /** The page's last errors: `ask` sends them when the person agrees, `on` unless they object. */
  diagnostics?: "ask" | "on" | "off";
  /** `off`: no button "Take a screenshot". */
  screenshot?: "on" | "off";
  /** `idle` fetches the form when the browser has nothing to do; else when somebody points at the button. */
  preload?: "intent" | "idle";
  /** `allow` shows the widget even where your page is in a frame of another. */
  frames?: "allow";
  /** The form stands in here, in the flow of the page, instead of a button in the corner. */
  container?: Element;
  /** Nonce of your Content-Security-Policy. */
  nonce?: string;
}

/** Who the person is, as far as your product knows. */
export interface Person {
  email?: string;
  name?: string;
  /** A token of your server that says so (see "Verified identity"), or a function that fetches one whenever a fresh one is needed. */
  token?: string | (() => string | Promise<string>);
}

/** Texts for fields that are still empty. */
export interface Fields {
  summary?: string;
  description?: string;
  email?: string | { value: string; readOnly?: boolean };
}

/** Facts for staff, which the person sees before sending: at most 50 entries and 4,096 octets. */
export type Context = Record<string, string | number | boolean | null>;

/** What `diagnose` finds. */
export interface Diagnosis {
  ok: boolean;
  checks: { what: string; ok: boolean; says: string }[];
}

/** Events with what they carry. Never a text of the person. */
export interface Events {
  ready: undefined;
  open: undefined;
  close: undefined;
  submit: undefined;
  sent: { reference: string };
  error: { kind: "invalid" | "changed" | "refused" | "unreachable" | "offline" | "busy" | "too-many" | "server" };
  diagnostics: { included: boolean };
  "identity-expired": undefined;
}

/** Commands with their arguments. */
export interface Commands {
  open: [];
  close: [];
  toggle: [];
  show: [];
  hide: [];
  focus: [];
  prefill: [fields: Fields];
  identify: [person: Person | null];
  setContext: [context: Context | null];
  attach: [file: File | Blob, name?: string];
  update: [changed: Look];
  diagnose: [];
  shutdown: [];
  destroy: [];
}

/** Commands that answer. */
export interface Answers {
  /** Also printed as a table. */
  diagnose: Promise<Diagnosis>;
  /** Fulfilled when the panel has forgotten the draft and the person; `false` when it could not be reached. */
  shutdown: Promise<boolean>;
}

/** The widget: a function that takes commands. */
export interface Cornerdesk {
  <Name extends keyof Commands>(command: Name, ...values: Commands[Name]): Name extends keyof Answers ? Answers[Name] : void;
  <Name extends keyof Events>(command: "on" | "off", event: Name, callback: (detail: Events[Name]) => void): void;
}
