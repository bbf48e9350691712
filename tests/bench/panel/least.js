// The least that behaves like a support widget: the control of the measurement.
(() => {
  const host = document.createElement("div");
  host.id = "least";
  const root = host.attachShadow({ mode: "open" });
  const open = document.createElement("button");
  open.id = "open";
  open.textContent = "Help";
  open.style.cssText = "position:fixed;right:20px;bottom:20px;padding:12px 20px";
  root.append(open);
  const form = document.createElement("form");
  form.style.cssText = "position:fixed;right:20px;bottom:80px;width:320px;padding:16px;background:#fff;border:1px solid";
  form.hidden = true;
  for (const [name, kind] of [["summary", "input"], ["description", "textarea"], ["email", "input"]]) {
    const label = document.createElement("label");
    const field = document.createElement(kind);
    field.name = name;
    field.style.display = "block";
    label.append(name, field);
    form.append(label);
  }
  const send = document.createElement("button");
  send.textContent = "Send";
  form.append(send);
  root.append(form);
  open.onclick = () => {
    form.hidden = false;
    form.elements.summary.focus();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    await fetch("/answer", { method: "POST", body: new FormData(form) });
    const thanks = document.createElement("p");
    thanks.setAttribute("role", "status");
    thanks.textContent = "Thank you";
    form.replaceChildren(thanks);
  };
  document.documentElement.append(host);
})();
