// Keys of the desk: a button with data-key is pressed by that key, unless somebody is writing. Without this everything works by press.
(() => {
  const buttons = document.querySelectorAll("button[data-key]");
  for (const button of buttons) {
    button.setAttribute("aria-keyshortcuts", button.dataset.key);
    for (const key of button.querySelectorAll("kbd[hidden]")) key.hidden = false;
  }
  addEventListener("keydown", (event) => {
    const writes = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (writes || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    for (const button of buttons) {
      if (button.dataset.key === event.key.toLowerCase()) {
        event.preventDefault();
        button.click();
        return;
      }
    }
  });
})();
