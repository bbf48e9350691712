import "bootstrap/dist/css/bootstrap.min.css";
import Modal from "bootstrap/js/dist/modal";

const theirs = document.querySelector("#theirs");
const modal = new Modal(theirs);
document.querySelector("#edit").addEventListener("click", () => modal.show());
disturbed = () => (theirs.matches(".show") && theirs.querySelector("#amount").value === "12" ? [] : ["the dialog is not as it was"]);
