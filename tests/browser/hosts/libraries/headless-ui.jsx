import { Dialog, DialogPanel, DialogTitle } from "@headlessui/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Invoice() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button id="edit" onClick={() => setIsOpen(true)}>Edit</button>
      <Dialog open={isOpen} onClose={setIsOpen}>
        <DialogPanel id="theirs" style={{ position: "fixed", inset: "6em auto auto 6em", background: "#fff" }}>
          <DialogTitle>Edit the invoice</DialogTitle>
          <label>Amount <input id="amount" /></label>
          <button onClick={() => setIsOpen(false)}>Done</button>
        </DialogPanel>
      </Dialog>
    </>
  );
}

createRoot(document.querySelector("#app")).render(<Invoice />);
disturbed = () => (document.querySelector("#theirs #amount")?.value === "12" ? [] : ["the dialog is not as it was"]);
