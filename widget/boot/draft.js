// Keeps what a person writes until there is a receipt: through a reload, another page, a crash, without WebAssembly and before it.
//
// Where: the text in this origin's localStorage, which browsers keep apart for each site that embeds the panel; files in IndexedDB, by a
// module of its own (`widget/modules/files.js`). The host page reads neither. Storage may be forbidden, full, missing or hang: then nothing is kept, and
// nothing else changes.
import { isWorthKeeping, nameOf, SAID, sort } from "./kept_drafts.js";
import { added, said, say as sayIn } from "./policy_fields.js";

/** While somebody types, so often at most. A crash costs what was typed since. */
const WRITE_EVERY_MS = 250;
/** A browser that has not said by then whether another tab has the draft will not say it. */
const LOCK_MOST_MS = 1000;
const TEXTS = ["summary", "description"];
const FIELDS = [...TEXTS, "email"];

/**
 * What the panel adds to the texts: its uploads, whether Send was pressed, the request whose answer is missing, and how many files wait for
 * the person to decide about a secret in them.
 */
const nothing = () => ({ uploads: "", pending: false, essence: "", body: "", held: 0 });

const tried = (what) => {
  try {
    return what();
  } catch {}
};

/** A key for another request. By hand where `randomUUID` is missing: on pages without TLS. */
const newKey = () => crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");

/**
 * Keeps the draft of a form. `module` fetches a part of the panel; `shown` is fulfilled when the person sees the form, `named` when it is known
 * who that is.
 */
export function keepDraft(form, { isOff, module, shown, named }) {
  const site = form.dataset.site;
  const keyControl = form.elements.idempotency_key;
  const control = (name) => form.elements[name];
  /** Whether the host page has filled it and wants it left so (`fill.js`). */
  const isLocked = (name) => control(name).dataset.locked;
  const more = added(form);
  const line = document.getElementById("kept");
  let own = nothing();
  // Files lie under a name that stays the same when the key changes.
  let box = keyControl.value;
  let person = "";
  let isClosed = false;
  let timer = 0;
  let release = () => {};
  let restored = null;
  let panel = null;
  /** Files that waited before a reload, and their names, until it is known whether they wait again. */
  const lying = new Map();
  let sayHeld;
  const held = new Promise((resolve) => (sayHeld = resolve));
  /** What "Start afresh" took away, while it can still be brought back. In memory only: it is not to lie anywhere. */
  let taken = null;

  const name = () => nameOf(site, keyControl.value);
  const remove = (of = name()) => tried(() => localStorage.removeItem(of));
  const write = () => {
    clearTimeout(timer);
    timer = 0;
    if (isOff || isClosed) return;
    const draft = { at: Date.now(), box, person, ...own };
    // What the host page has written and locked is no loss.
    const written = { ...own };
    for (const field of FIELDS) {
      draft[field] = control(field).value;
      if (!isLocked(field)) written[field] = draft[field];
    }
    for (const field of more) written[field] = draft[field] = said(form, field);
    const isKept = isWorthKeeping(written);
    // What is written now takes its place. The line stays as an empty one: nothing moves under somebody who types.
    if (taken && isKept) taken = null, (line.inert = true);
    if (isKept) tried(() => localStorage.setItem(name(), JSON.stringify(draft)));
    else remove();
  };
  const files = (call) => (isOff ? Promise.resolve() : module("files").then(call)).catch(() => {});

  /** The files that lie in the box, if there are any. */
  const filesOf = ({ uploads, held }) => (uploads || held ? files((kept) => kept.all(box)) : undefined);

  /** Is the draft with this key ours, for as long as this document is there? Not when another tab holds it. */
  const claim = (key) =>
    new Promise((resolve) => {
      setTimeout(resolve, LOCK_MOST_MS, true);
      const hold = (lock) => {
        resolve(!!lock);
        return lock && new Promise((letGo) => (release = letGo));
      };
      // Where there are no locks, nobody can know; then what was written is worth more.
      const asked = tried(() => navigator.locks.request(nameOf(site, key), { ifAvailable: true }, hold));
      if (asked) asked.catch(() => resolve(true));
      else resolve(true);
    });
  const isUntouched = () => !control("summary").value && !control("description").value;
  const setKey = (key) => {
    release();
    keyControl.value = key;
  };

  /** Takes up the newest draft that no other tab holds, unless something stands in the form already. */
  const restore = async () => {
    const entries = tried(() => Object.entries(localStorage)) ?? [];
    const { drafts, over } = sort(entries, site, Date.now());
    over.forEach(remove);
    if (isOff) drafts.forEach(({ key }) => remove(nameOf(site, key)));
    else if (isUntouched()) {
      for (const draft of drafts) {
        if (!(await claim(draft.key))) continue;
        if (!isUntouched()) {
          // The person was quicker. What was kept stays where it is, for another time.
          release();
          break;
        }
        return take(draft);
      }
    }
    claim(keyControl.value);
    if (over.length) files((kept) => kept.sweep(drafts.map((draft) => draft.box)));
  };
  const take = (draft) => {
    keyControl.value = draft.key;
    box = draft.box;
    person = draft.person;
    for (const member in own) own[member] = draft[member] ?? own[member];
    for (const field of more) if (draft[field]) sayIn(form, field, draft[field]);
    for (const field of FIELDS) {
      // A space that was typed before is nobody's text.
      if (!control(field).value.trim()) control(field).value = draft[field];
      control(field).dispatchEvent(new Event("input", { bubbles: true }));
    }
    say(own.pending ? "sends" : "kept", own.pending ? "" : "afresh");
    const kept = draft.files ?? filesOf(own);
    Promise.resolve(kept).then((files) => {
      restored = { ...own, files: files || new Map() };
      // Those of uploads have numbers for names.
      sayHeld([...restored.files].filter(([name]) => typeof name === "string"));
      tellPanel();
    });
  };
  /** Shows the line with these of its words, and a button if there is something to do; says it to those who do not see it. */
  const say = (what, act) => {
    const [text, button] = line.children;
    text.textContent = line.dataset[what];
    button.textContent = line.dataset[act];
    button.hidden = !act;
    line.inert = false;
    line.hidden = false;
    shown.then(() => (document.getElementById("announcer").textContent = line.innerText));
  };
  const tellPanel = () => {
    if (!panel || !restored) return;
    panel(restored);
    // Somebody whom the host page named before goes on as that person.
    if (restored.pending) shown.then(() => person && named).then(() => own.pending && panel(true));
    restored = null;
  };
  /** Nothing is left of the draft. */
  const drop = () => {
    remove();
    if (own.uploads || own.held) files((kept) => kept.forget(box));
    own = nothing();
    taken = null;
    line.hidden = true;
  };
  const letGo = (name) => {
    if (own.held) own.held--;
    write();
    api.dropFile(name);
  };
  const clearMore = () => more.forEach((field) => sayIn(form, field, ""));
  const startAfresh = () => {
    drop();
    // Nobody could write into an emptied field that stays locked.
    for (const field of TEXTS) if (!isLocked(field)) control(field).value = "";
    clearMore();
    api.renew();
    panel?.(null);
  };
  const api = {
    /** Fulfilled when what was kept stands in the form. */
    restored: restore(),
    /** The panel is there. It is told what was kept, `true` when that is to be sent, and null when it is to empty what it shows. */
    adopted(listener) {
      panel = listener;
      // Half a kilobyte ahead of need: a file that is chosen offline must be kept, too.
      files(() => {});
      tellPanel();
    },
    /** What the panel adds to the draft: one of the members of `nothing`. */
    note(member, value) {
      own[member] = value;
      if (own.pending) line.hidden = true;
      write();
    },
    /** Keeps a chosen file, so that it survives with the text. */
    keepFile: (number, file) => files((kept) => kept.keep(box, number, file)),
    dropFile: (number) => files((kept) => kept.drop(box, number)),
    /** Keeps a file that waits for a decision; answers what lets go of it. */
    hold(file) {
      const name = lying.get(file) ?? newKey();
      if (!lying.delete(file)) {
        own.held++;
        write();
        api.keepFile(name, file);
      }
      return () => letGo(name);
    },
    /** Gives back the files that waited before a reload, to be looked through once more by what `take` does. */
    holdAgain: (take) =>
      held.then(async (kept) => {
        for (const [name, file] of kept) lying.set(file, name);
        if (kept.length) await take([...lying.keys()]);
        // These need no decision any more.
        lying.forEach(letGo);
      }),
    /** A new key. A draft that is there goes along. */
    renew() {
      remove();
      setKey(newKey());
      claim(keyControl.value);
      if (isClosed) box = keyControl.value;
      isClosed = false;
      write();
    },
    /** There is a receipt: nothing is kept any more. */
    done() {
      drop();
      clearMore();
      isClosed = true;
    },
    /** Nothing of this site is kept any more, whichever tab wrote it. */
    forgetAll() {
      for (const { key } of sort(tried(() => Object.entries(localStorage)) ?? [], site, Date.now()).drafts) remove(nameOf(site, key));
      remove(SAID);
      drop();
      return files((kept) => kept.sweep([]));
    },
    /** Who sits there, as the host page says. What somebody else wrote is not theirs to see. */
    isFor(somebody) {
      if (person && person !== somebody) {
        api.forgetAll();
        control("email").value = "";
        for (const field of TEXTS) {
          control(field).readOnly = false;
          delete control(field).dataset.locked;
        }
        startAfresh();
      }
      person = somebody;
    },
  };

  form.addEventListener("input", () => {
    // What could be undone gives way to the first letter, not to whoever is quicker than the timer.
    if (taken) write();
    else timer ||= setTimeout(write, WRITE_EVERY_MS);
  });
  line.lastElementChild.addEventListener("click", () => {
    if (taken) {
      // It belongs to whom the host page has named meanwhile.
      const draft = { ...taken, person };
      taken = null;
      setKey(draft.key);
      claim(draft.key);
      take(draft);
      draft.files?.then((files) => files?.forEach((file, number) => api.keepFile(number, file)));
      write();
    } else {
      const draft = { key: keyControl.value, box, person, ...own, files: filesOf(own) };
      for (const field of [...FIELDS, ...more]) draft[field] = control(field).value;
      startAfresh();
      taken = draft;
      say("emptied", "undo");
    }
    // A locked field takes no key but would scroll with a space, under the very button that undoes.
    control(TEXTS.find((name) => !isLocked(name)) ?? "email").focus();
  });
  addEventListener("visibilitychange", () => timer && write());
  addEventListener("pagehide", () => {
    if (timer) write();
    // A held lock keeps the host's page out of the browser's back/forward cache.
    release();
  });
  addEventListener("pageshow", async ({ persisted }) => {
    // Another tab may have taken it up meanwhile; then this one goes on with a copy.
    if (persisted && !(await claim(keyControl.value))) keyControl.value = newKey();
  });
  return api;
}
