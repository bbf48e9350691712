import { CornerdeskForm, CornerdeskWidget } from "@cornerdesk/widget/vue";
import { createApp, defineComponent, h, ref } from "vue";
import { countWidgets, say, service } from "./page";

countWidgets();

const App = defineComponent(() => {
  const shown = ref("launcher");
  const email = ref("");
  const shared = () => ({ service, site: "acme", person: { email: email.value }, onSent: ({ reference }: { reference: string }) => say(`sent ${reference}`) });
  const button = (id: string, onClick: () => void) => h("button", { id, onClick }, id);
  return () => [
    button("none", () => (shown.value = "none")),
    button("form", () => (shown.value = "form")),
    button("sign-in", () => (email.value = "grace@customer.example")),
    shown.value === "launcher" && h(CornerdeskWidget, { ...shared(), onReady: () => say("ready"), onLoadError: (error: Error) => say(error.message) }),
    shown.value === "form" && h(CornerdeskForm, { ...shared(), class: "help" }),
  ];
});

createApp(App).mount(document.body.appendChild(document.createElement("main")));
