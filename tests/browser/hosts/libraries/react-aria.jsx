import { Button, Dialog, DialogTrigger, Heading, Input, Label, Modal, ModalOverlay, TextField } from "react-aria-components";
import { createRoot } from "react-dom/client";

createRoot(document.querySelector("#app")).render(
  <DialogTrigger>
    <Button id="edit">Edit</Button>
    <ModalOverlay isDismissable style={{ position: "fixed", inset: 0, background: "#0004" }}>
      <Modal style={{ position: "absolute", inset: "6em auto auto 6em", background: "#fff" }}>
        <Dialog id="theirs">
          <Heading slot="title">Edit the invoice</Heading>
          <TextField><Label>Amount</Label><Input id="amount" /></TextField>
          <Button slot="close">Done</Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  </DialogTrigger>,
);
disturbed = () => (document.querySelector("#theirs #amount")?.value === "12" ? [] : ["the dialog is not as it was"]);
