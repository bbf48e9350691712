// Ways for files to come in: the control, dropping them anywhere, pasting. Until the panel takes them they wait in the control, so that a
// form without the panel sends them along.

/** What a browser calls a picture from the clipboard. */
const NAMELESS = /^image\.\w+$/;

/**
 * Office programs put a picture of copied text beside the text, and the text is what is meant. Some systems put the name of a copied file
 * beside the file, and the file is what is meant.
 */
export const meansFiles = (types, files) => files.length > 0 && (!types.includes("text/plain") || files.some(({ type }) => !type.startsWith("image/")));

/** Listens; answers a function by which the panel takes the files over: those that wait, and all that come. */
export function listenForFiles(form, control, pastedName) {
  let take = null;
  let pasted = 0;

  const come = (files, folders = []) => {
    if (form.hidden || files.length + folders.length === 0) return;
    if (take) return take([...files, ...folders]);
    const all = new DataTransfer();
    for (const file of [...control.files, ...files]) all.items.add(file);
    control.files = all.files;
    // The native control shows the names of chosen files; the drop area cannot until the panel is there.
    document.documentElement.classList.remove("enhanced");
  };
  const over = (isOver) => document.documentElement.classList.toggle("dragging", isOver);
  const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  const named = (file) => {
    if (!NAMELESS.test(file.name)) return file;
    const name = pastedName.replace("{number}", ++pasted) + file.name.slice(5);
    return new File([file], name, { type: file.type, lastModified: file.lastModified });
  };

  control.addEventListener("change", () => {
    const files = [...control.files];
    // They are the list's now; left in the control they would be sent twice by a plain POST.
    control.value = "";
    come(files);
  });
  for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over(true);
    });
  }
  // Only when the pointer has left the document: between its elements it leaves and enters all the time.
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || over(false));
  addEventListener("drop", (event) => {
    over(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const { items, files } = event.dataTransfer;
    // Entries are only known while the event lasts. A folder looks like a file that cannot be read.
    const isFolder = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.()?.isDirectory);
    come(
      [...files].filter((_, at) => !isFolder[at]),
      [...files].filter((_, at) => isFolder[at]).map(({ name }) => name),
    );
  });
  addEventListener("paste", ({ clipboardData }) => {
    const files = [...(clipboardData?.files ?? [])];
    if (meansFiles(clipboardData?.types ?? [], files)) come(files.map(named));
  });

  // Chosen before this was there.
  if (control.files.length) document.documentElement.classList.remove("enhanced");

  return (taker) => {
    take = taker;
    const waiting = [...control.files];
    control.value = "";
    document.documentElement.classList.add("enhanced");
    come(waiting);
  };
}
