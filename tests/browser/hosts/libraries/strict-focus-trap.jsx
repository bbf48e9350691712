import { createFocusTrap } from "focus-trap";

const theirs = document.querySelector("#theirs");
const trap = createFocusTrap(theirs);
document.querySelector("#edit").addEventListener("click", () => trap.activate());
document.querySelector("#help").addEventListener("click", () => Cornerdesk("open"));
disturbed = () => (trap.active && theirs.querySelector("#amount").value === "12" ? [] : ["the trap is not as it was"]);
