import Mousetrap from "mousetrap";

Mousetrap.bind(["a", "s", "g i", "k", "?", "/", "space"], (event) => {
  heard.push(event.key);
  return false;
});
