/** Where the service of the test is. */
export const service = document.documentElement.dataset["service"] ?? "";

/** Says something where the test reads it. */
export function say(what: string): void {
  document.body.append(Object.assign(document.createElement("p"), { className: "said", textContent: what }));
}

/** How often an element of the widget was put into the page. */
export function countWidgets(): void {
  let count = 0;
  const look = (records: MutationRecord[]) => {
    for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) if (node.nodeName === "CORNERDESK-WIDGET") count++;
    document.documentElement.dataset["widgets"] = String(count);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}
