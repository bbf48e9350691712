import { createFocusTrap } from "focus-trap";

const theirs = document.querySelector("#theirs");
const trap = createFocusTrap(theirs, {
  // What docs/embedding.md asks for.
  allowOutsideClick: ({ target }) => !!target.closest?.("cornerdesk-widget"),
});
document.querySelector("#edit").addEventListener("click", () => trap.activate());
disturbed = () => (trap.active && theirs.querySelector("#amount").value === "12" ? [] : ["the trap is not as it was"]);
