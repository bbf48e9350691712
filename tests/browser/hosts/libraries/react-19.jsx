// The tag of the widget stands before this script: the launcher is there when React takes over.
import { useState } from "react";
import { hydrateRoot } from "react-dom/client";

function Count() {
  const [count, setCount] = useState(0);
  return <button id="count" onClick={() => setCount(count + 1)}>{count}</button>;
}

const service = new URL(document.querySelector("script[data-site]").src).origin;
hydrateRoot(
  document,
  <html lang="en">
    <head>
      <meta charSet="utf-8" />
      <title>React 19 hydrates the document – Acme</title>
      <script src="/observe.js" />
      <script src={service + "/widget.js"} data-site="acme" />
      <script defer src="/libraries/react-19.js" />
    </head>
    <body>
      <h1>React 19 hydrates the document</h1>
      <p><label>Search <input id="search" name="search" /></label></p>
      <Count />
    </body>
  </html>,
  { onRecoverableError: (error) => observed.push(`hydration: ${error}`) },
);
