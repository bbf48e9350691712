import { CornerdeskForm, CornerdeskWidget, cornerdesk } from "@cornerdesk/widget/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { countWidgets, say, service } from "./page";

countWidgets();

function App() {
  const [shown, show] = useState("launcher");
  const shared = { service, site: "acme", person: { email: "grace@customer.example" }, context: { order: "A-17" }, onSent: ({ reference }: { reference: string }) => say(`sent ${reference}`) };
  return (
    <>
      <button id="none" onClick={() => show("none")}>None</button>
      <button id="blink" onClick={() => (show("none"), setTimeout(show, 50, "launcher"))}>Blink</button>
      <button id="form" onClick={() => show("form")}>Form</button>
      <button id="open" onClick={() => cornerdesk("open")}>Open</button>
      {shown === "launcher" && <CornerdeskWidget {...shared} theme="light" onReady={() => say("ready")} />}
      {shown === "form" && <CornerdeskForm {...shared} className="help" />}
    </>
  );
}

createRoot(document.body.appendChild(document.createElement("main"))).render(<StrictMode><App /></StrictMode>);
