// Keys of the desk, and lists that move on by themselves. Without this everything works by press and reload.
(() => {
  "use strict";

  // Keys: whatever has data-key is pressed, focused or followed by it, unless somebody is writing. "g q" is two keys, one after the other.
  // data-key-says is what the list of keys calls it; data-key-shown is a key that another script knows. A list that has rows adds keys below.
  const own = [];
  const keyed = () => [...document.querySelectorAll("[data-key]")].filter((element) => !element.closest("[hidden]"));
  for (const element of keyed()) {
    element.setAttribute("aria-keyshortcuts", element.dataset.key);
    for (const key of element.querySelectorAll("kbd[hidden]")) key.hidden = false;
  }
  const press = (element) => {
    if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
      element.focus();
      element.select?.();
    } else {
      if (element.matches("summary")) element.focus();
      element.click();
    }
  };
  const writes = (target) =>
    target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog");
  let before = "";
  let pause = 0;
  addEventListener("keydown", (event) => {
    if (writes(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const both = before ? `${before} ${key}` : key;
    before = "";
    clearTimeout(pause);
    const known = own.find((it) => it.keys.includes(key));
    if (known && both === key) {
      if (known.run() !== false) event.preventDefault();
      return;
    }
    const all = keyed();
    const element = event.repeat ? null : (all.find((it) => it.dataset.key === both) ?? all.find((it) => it.dataset.key === key));
    if (element) {
      event.preventDefault();
      press(element);
    } else if (all.some((it) => it.dataset.key.startsWith(`${key} `))) {
      before = key;
      pause = setTimeout(() => (before = ""), 1500);
    }
  });

  // The list of keys.
  const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text }, more);
  const dialog = make("dialog", "", { className: "keys" });
  dialog.setAttribute("aria-labelledby", "keys-title");
  const show = () => {
    const list = make("dl", "", { className: "keys__list" });
    const rows = own.map((it) => [it.shown, it.says]);
    for (const it of document.querySelectorAll("[data-key], [data-key-shown]")) {
      const text = [...it.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("");
      if (!it.closest("[hidden]")) rows.push([it.dataset.key ?? it.dataset.keyShown, it.dataset.keySays ?? text.trim().replace(/\s+/g, " ")]);
    }
    for (const [keys, says] of rows) {
      const row = make("div", "");
      const names = make("dt", "");
      for (const key of keys.split(" ")) names.append(make("kbd", key), " ");
      row.append(names, make("dd", says));
      list.append(row);
    }
    const close = make("form", "", { method: "dialog" });
    close.append(make("button", "Close", { className: "button" }));
    dialog.replaceChildren(make("h2", "Keys", { id: "keys-title" }), list, close);
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.showModal();
  };

  // Rows: a key moves the focus to the next one's link, so that Enter opens it as ever.
  const links = [...document.querySelectorAll(".tickets__what a, .hits__summary")];
  const row = (element) => element?.closest("tr, .hits__hit");
  const move = (by) => {
    const at = links.findIndex((link) => row(link).contains(document.activeElement));
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  if (links.length) {
    own.push({ keys: ["j", "ArrowDown"], shown: "j ↓", says: "Next ticket", run: () => move(1) });
    own.push({ keys: ["k", "ArrowUp"], shown: "k ↑", says: "Ticket before", run: () => move(-1) });
    own.push({ keys: [], shown: "Enter", says: "Open the ticket" });
  }
  const boxes = [...document.querySelectorAll(".tickets__choose input")];
  if (boxes.length) {
    const choose = () => {
      const box = row(document.activeElement)?.querySelector(".tickets__choose input");
      if (!box) return false;
      box.click();
    };
    own.push({ keys: ["x"], shown: "x", says: "Choose the ticket", run: choose });
    const count = document.querySelector("[data-count]");
    const all = document.querySelector("[data-choose-all]");
    const say = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      if (count) count.textContent = chosen ? `${chosen} chosen` : "None chosen";
      if (all) all.textContent = chosen === boxes.length ? "Choose none" : "Choose all on this page";
    };
    for (const box of boxes) box.addEventListener("change", say);
    all?.addEventListener("click", (event) => {
      event.preventDefault();
      const chosen = !boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = chosen;
      say();
    });
    say();
  }
  own.push({ keys: ["?"], shown: "?", says: "This list", run: show });
  for (const element of document.querySelectorAll("[data-keys]")) {
    element.hidden = false;
    element.addEventListener("click", show);
  }

  // What stays in sight is short where the screen is.
  if (matchMedia("(max-width: 36rem)").matches) {
    for (const it of document.querySelectorAll("[data-folded-on-a-phone]")) it.open = false;
  }

  // One box that folds out at a time; Escape and a press elsewhere fold it in.
  const folds = [...document.querySelectorAll("details.fold-out")];
  const fold = (but) => {
    for (const other of folds) if (other !== but) other.open = false;
  };
  for (const it of folds) it.addEventListener("toggle", () => it.open && fold(it));
  addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && folds.find((it) => it.open);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  addEventListener("pointerdown", (event) => {
    if (!(event.target instanceof Element && event.target.closest("details.fold-out"))) fold();
  });

  // What happens meanwhile is told beside the list. The rows stay where they are until somebody asks.
  const news = document.querySelector("[data-news]");
  if (news) {
    const text = news.querySelector("[data-news-text]");
    const shown = new Set([...document.querySelectorAll(".tickets a.reference")].map((link) => link.textContent));
    const came = new Set();
    const changed = new Set();
    let source = null;
    let since = news.dataset.since;
    const many = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
    const tell = () => {
      const parts = [];
      if (came.size) parts.push(many(came.size, "new ticket"));
      if (changed.size) parts.push(`${many(changed.size, "ticket")} changed`);
      if (!parts.length) return;
      text.textContent = parts.join(", ");
      news.classList.add("news--on");
    };
    const hear = (event) => {
      since = event.lastEventId || since;
      const told = JSON.parse(event.data);
      for (const reference of told.new) if (!shown.has(reference)) came.add(reference);
      for (const reference of told.changed) if (shown.has(reference)) changed.add(reference);
      tell();
    };
    // A page that nobody sees holds no connection.
    const follow = () => {
      if (document.hidden) {
        source?.close();
        source = null;
      } else if (!source) {
        source = new EventSource(`/desk/events?since=${since}`);
        source.addEventListener("tickets", hear);
      }
    };
    document.addEventListener("visibilitychange", follow);
    addEventListener("pagehide", () => {
      source?.close();
      source = null;
    });
    addEventListener("pageshow", follow);
    follow();
  }
})();
