// What must not type-check. Every line that does is an error of its own.
import { cornerdesk, load } from "@cornerdesk/widget";
import { CornerdeskWidget } from "@cornerdesk/widget/react";
import { createElement } from "react";

export function wrong(): void {
  // @ts-expect-error the service is missing
  void load({ site: "acme" });
  // @ts-expect-error no such place
  void load({ service: "https://help.example.com", site: "acme", launcher: "top" });
  // @ts-expect-error no such option
  void load({ service: "https://help.example.com", site: "acme", colour: "red" });
  // @ts-expect-error a text such as "20 80"
  void load({ service: "https://help.example.com", site: "acme", offset: 20 });
  // @ts-expect-error no such command
  cornerdesk("opne");
  // @ts-expect-error takes nothing
  cornerdesk("open", true);
  // @ts-expect-error fields are missing
  cornerdesk("prefill");
  // @ts-expect-error no such field
  cornerdesk("prefill", { subject: "x" });
  // @ts-expect-error only an e-mail address can be locked
  cornerdesk("prefill", { summary: { value: "x", readOnly: true } });
  // @ts-expect-error not flat
  cornerdesk("setContext", { order: { id: 1 } });
  // @ts-expect-error a text is no file
  cornerdesk("attach", "text");
  // @ts-expect-error the site cannot change
  cornerdesk("update", { site: "other" });
  // @ts-expect-error no such event
  cornerdesk("on", "opened", () => {});
  // @ts-expect-error the event says nothing of what was written
  cornerdesk("on", "sent", ({ summary }) => summary);
  // @ts-expect-error a callback is missing
  cornerdesk("on", "open");
  // @ts-expect-error the answer is a promise
  const found: { ok: boolean } = cornerdesk("diagnose");
  // @ts-expect-error the site is missing
  createElement(CornerdeskWidget, { service: "https://help.example.com" });
  // @ts-expect-error an address is a text
  createElement(CornerdeskWidget, { service: "https://help.example.com", site: "acme", person: { email: 1 } });
  void found;
}
