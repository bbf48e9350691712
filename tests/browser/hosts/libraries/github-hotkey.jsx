import { install } from "@github/hotkey";

for (const element of document.querySelectorAll("[data-hotkey]")) {
  install(element);
  element.addEventListener("click", () => heard.push(element.id));
}
