// React 18 takes nothing beside <body>, so the tag of the widget is added when it has taken over, as docs/embedding.md says.
import { useEffect, useState } from "react";
import { hydrateRoot } from "react-dom/client";

const service = document.currentScript.dataset.service;

function Count() {
  const [count, setCount] = useState(0);
  return <button id="count" onClick={() => setCount(count + 1)}>{count}</button>;
}

function Page() {
  useEffect(() => {
    const script = document.createElement("script");
    script.src = service + "/widget.js";
    script.dataset.site = "acme";
    document.head.append(script);
  }, []);
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <title>React 18 hydrates the document – Acme</title>
        <script src="/observe.js" />
        <script defer src="/libraries/react-18.js" data-service={service} />
      </head>
      <body>
        <h1>React 18 hydrates the document</h1>
        <p><label>Search <input id="search" name="search" /></label></p>
        <Count />
      </body>
    </html>
  );
}

hydrateRoot(document, <Page />, { onRecoverableError: (error) => observed.push(`hydration: ${error}`) });
