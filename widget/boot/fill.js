// What the host page knows already.

/** Fills fields that are still empty, with texts or `{ value, readOnly }`; what a person has typed is never replaced. */
export function fill(values) {
  for (const name of ["summary", "description", "email"]) {
    const control = document.getElementById(name);
    const text = values[name]?.value ?? values[name];
    if (!control || typeof text !== "string") continue;
    if (!control.value) {
      control.value = text;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
    // The panel knows it by the attribute: it locks all fields for a while, and then not this one only.
    if (control.value === text && values[name].readOnly) control.readOnly = control.dataset.locked = true;
  }
}
