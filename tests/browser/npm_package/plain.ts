import { cornerdesk, load, type Cornerdesk } from "@cornerdesk/widget";
import { countWidgets, say, service } from "./page";

countWidgets();
// Before it is loaded: waits.
cornerdesk("prefill", { summary: "From the page", email: { value: "grace@customer.example", readOnly: true } });
cornerdesk("setContext", { order: "A-17", trial: true });

const widget: Cornerdesk = await load({ service, site: "acme", appVersion: "7.1", launcher: "bottom-left" });
if ((await load({ service, site: "acme" })) === widget) say("the same widget");
widget("on", "sent", ({ reference }) => say(`sent ${reference}`));
widget("open");

const { ok } = await widget("diagnose");
say(`right: ${ok}`);
