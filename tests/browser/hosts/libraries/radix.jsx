import * as Dialog from "@radix-ui/react-dialog";
import { createRoot } from "react-dom/client";

createRoot(document.querySelector("#app")).render(
  <Dialog.Root>
    <Dialog.Trigger id="edit">Edit</Dialog.Trigger>
    <Dialog.Portal>
      <Dialog.Overlay style={{ position: "fixed", inset: 0, background: "#0004" }} />
      <Dialog.Content id="theirs" aria-describedby={undefined} style={{ position: "fixed", inset: "6em auto auto 6em", background: "#fff" }}>
        <Dialog.Title>Edit the invoice</Dialog.Title>
        <label>Amount <input id="amount" /></label>
        <Dialog.Close>Done</Dialog.Close>
      </Dialog.Content>
    </Dialog.Portal>
  </Dialog.Root>,
);
disturbed = () => (document.querySelector("#theirs #amount")?.value === "12" ? [] : ["the dialog is not as it was"]);
