import { tinykeys } from "tinykeys";

const shortcut = (event) => {
  if (event.target.id === "search") return;
  heard.push(event.key);
  event.preventDefault();
};
tinykeys(window, { a: shortcut, s: shortcut, "g i": shortcut, k: shortcut, "Shift+?": shortcut, "/": shortcut, Space: shortcut });
