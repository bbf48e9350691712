// The page of a ticket while it is open: keeps what is typed, says who else is there and what is new, puts canned answers into the box, adds keys.
// Without this everything works by press.
(() => {
  const watch = document.getElementById("watch");
  const form = document.querySelector(".writing__form");
  if (!watch || !form) return;
  const path = `/desk/tickets/${watch.dataset.reference}`;
  const { text, message } = form.elements;
  const state = document.getElementById("writing-state");
  const kinds = [...form.querySelectorAll("[name=kind]")];
  const kind = () => kinds.find((one) => one.checked)?.value ?? "note";
  const say = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };
  const post = (name, fields) => fetch(`${path}/${name}`, { method: "POST", body: new URLSearchParams(fields), redirect: "error" });

  // What is typed is kept a second after the last key.
  const typed = () => `${kind()} ${text.value}`;
  const draft = () => ({ message: message.value, kind: kind(), text: text.value });
  let kept = typed();
  let timer = 0;
  let isSending = false;
  async function keep() {
    clearTimeout(timer);
    const now = typed();
    if (now === kept || isSending) return;
    try {
      const answer = await post("draft", draft());
      if (!answer.ok) throw new Error(answer.statusText);
      kept = now;
      say(state, text.value.trim() ? "Draft saved" : "");
    } catch {
      say(state, "The draft could not be saved; trying again");
      timer = setTimeout(keep, 5000);
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 1000);
    beat(false);
  });
  const leave = (name, fields) => navigator.sendBeacon(`${path}/${name}`, new URLSearchParams(fields));
  form.addEventListener("submit", () => {
    isSending = true;
    clearTimeout(timer);
    // Whatever becomes of the request, the text is there.
    if (typed() !== kept) leave("draft", draft());
  });

  // That somebody is here, and whether there is something in the box.
  const doing = () => (text.value.trim() ? "writing" : "here");
  let told = "";
  function beat(isDue) {
    const now = doing();
    if (now === told && !isDue) return;
    if (document.hidden && now === "here") return;
    told = now;
    post("presence", { state: now }).catch(() => {});
  }
  setInterval(() => beat(true), 15000);
  document.addEventListener("visibilitychange", () => beat(true));
  addEventListener("pagehide", () => {
    if (!isSending && typed() !== kept) leave("draft", draft());
    leave("presence", { state: "gone" });
  });
  addEventListener("pageshow", (event) => {
    // Somebody went back to a page that the browser has kept.
    if (event.persisted) {
      isSending = false;
      beat(true);
    }
  });
  beat(true);

  // Who else is here, and what is new.
  const line = (name) => {
    const element = document.createElement("p");
    element.className = `watch__line watch__line--${name}`;
    element.hidden = true;
    watch.append(element);
    return element;
  };
  const [writing, here, news] = ["writing", "here", "news"].map(line);
  const words = document.createElement("span");
  const show = document.createElement("a");
  show.href = path;
  show.textContent = "Show";
  show.addEventListener("click", async (event) => {
    event.preventDefault();
    await keep();
    location.assign(path);
  });
  news.append(words, " ", show);
  const list = new Intl.ListFormat("en");
  const are = (names) => (names.length === 1 ? "is" : "are");
  const put = (element, target, said) => {
    say(target, said);
    element.hidden = !said;
  };
  const source = new EventSource(`${path}/events?after=${watch.dataset.seen}`);
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    put(writing, writing, now.writing.length ? `${list.format(now.writing)} ${are(now.writing)} writing here` : "");
    put(here, here, now.here.length ? `${list.format(now.here)} ${are(now.here)} looking at this ticket` : "");
    const messages = now.messages === 1 ? "1 new message" : `${now.messages} new messages`;
    for (const mail of now.mailed) {
      const foot = document.getElementById(`mail-${mail.message}`);
      if (!foot) continue;
      say(foot, mail.says);
      foot.className = `message__foot message__mail message__mail--${mail.is_sent ? "sent" : "failed"}`;
    }
    put(news, words, now.messages ? messages : now.changes ? "This ticket has changed" : "");
  };
  addEventListener("pagehide", () => source.close());

  // Canned answers: a list to search in, instead of a choice and another page.
  const plain = form.querySelector(".writing__canned");
  function insert(answer) {
    text.focus();
    text.setRangeText(answer, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (plain) {
    const make = (name, properties) => Object.assign(document.createElement(name), properties);
    const open = make("button", { type: "button", className: "button", textContent: "Canned answers…" });
    const dialog = make("dialog", { className: "picker" });
    const heading = make("h2", { id: "picker-heading", textContent: "Canned answers" });
    const search = make("input", { type: "search", className: "input", autocomplete: "off" });
    const found = make("ul", { className: "picker__list" });
    const nothing = make("p", { className: "quiet", textContent: "Nothing fits.", hidden: true });
    const close = make("button", { type: "button", className: "button", textContent: "Close" });
    dialog.setAttribute("aria-labelledby", heading.id);
    search.setAttribute("aria-label", "Search in titles and texts");
    dialog.append(heading, search, found, nothing, close);
    plain.replaceChildren(make("span", { className: "terms__label", textContent: "Canned answer" }), open);
    document.body.append(dialog);
    let answers;
    const fit = () => {
      const wanted = search.value.trim().toLowerCase();
      const fitting = answers.filter(({ title, text }) => `${title}\n${text}`.toLowerCase().includes(wanted));
      found.replaceChildren(...fitting.map((answer) => {
        const item = make("li", {});
        const button = make("button", { type: "button", className: "picker__answer" });
        const begins = make("span", { className: "picker__text", textContent: answer.text });
        const title = make("strong", { textContent: answer.title });
        for (const part of [title, begins]) part.dir = "auto";
        button.append(title, begins);
        button.addEventListener("click", () => {
          dialog.close();
          insert(answer.text);
        });
        item.append(button);
        return item;
      }));
      nothing.hidden = fitting.length > 0;
    };
    search.addEventListener("input", fit);
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      found.querySelector("button")?.click();
    });
    close.addEventListener("click", () => dialog.close());
    open.addEventListener("click", async () => {
      answers ??= await fetch(`${path}/canned`).then((answer) => answer.json());
      search.value = "";
      fit();
      dialog.showModal();
      search.focus();
    });
  }

  // The keys of the links are those of desk.js.
  function write(wanted) {
    const choice = kinds.find((one) => one.value === wanted);
    if (choice) choice.checked = true;
    text.focus();
    form.scrollIntoView({ block: "nearest" });
  }
  text.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") text.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector(".writing__send"));
  });
  // With the arrow keys one goes on to the other choice, so only a press leads into the text.
  for (const one of kinds) {
    one.closest("label").addEventListener("click", (event) => {
      if (event.detail > 0) setTimeout(() => text.focus());
    });
  }
  for (const link of document.querySelectorAll("[data-write]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      write(link.dataset.write);
    });
  }
})();
