// Chosen files, kept in IndexedDB until there is a receipt. Loaded when the first file is chosen, and when a draft with files is found.
//
// Each file lies in the box of its draft under the number of its upload. IndexedDB may be missing, forbidden, full, or never answer: every
// call ends in time, and a file that could not be kept is simply not there after a reload; the panel says so then.

const ANSWER_MOST_MS = 3000;
/** What is kept of one draft, in all. Half of what the smallest quota of a browser's frame is known to be. */
const BOX_MOST_BYTES = 25 * 1024 * 1024;

const answered = (promise) => Promise.race([promise, new Promise((_, reject) => setTimeout(reject, ANSWER_MOST_MS))]);

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opening;
const open = () =>
  (opening ??= (async () => {
    const request = indexedDB.open("cornerdesk", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files");
    const database = await asPromise(request);
    // Another tab may want to change or delete it.
    database.onversionchange = () => database.close();
    return database;
  })());

/** Calls with the store of files; fulfilled when it is written. */
const within = (call) =>
  answered(
    (async () => {
      const transaction = (await open()).transaction("files", "readwrite");
      const result = await call(transaction.objectStore("files"));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
      return result;
    })(),
  );

const boxOf = (box) => IDBKeyRange.bound([box], [box, []]);

/** Keeps a file, if the box has room for it. What was kept under its number goes in any case: the person has put this one in its place. */
export const keep = (box, number, file) =>
  within(async (store) => {
    store.delete([box, number]);
    const inside = await asPromise(store.getAll(boxOf(box)));
    const bytes = inside.reduce((sum, kept) => sum + kept.size, file.size);
    if (bytes <= BOX_MOST_BYTES) store.put(file, [box, number]);
    // A disk that is full takes back the whole transaction.
  }).catch(() => drop(box, number));

/** The files of a box by their numbers. */
export const all = (box) =>
  within(async (store) => {
    const [keys, files] = await Promise.all([asPromise(store.getAllKeys(boxOf(box))), asPromise(store.getAll(boxOf(box)))]);
    return new Map(keys.map(([, number], at) => [number, files[at]]));
  });

/** Lets go of one file. */
export const drop = (box, number) => within((store) => store.delete([box, number]));

/** Lets go of a box. */
export const forget = (box) => within((store) => store.delete(boxOf(box)));

/** Lets go of every box that is not among `boxes`. */
export const sweep = (boxes) =>
  within(async (store) => {
    for (const [box, number] of await asPromise(store.getAllKeys())) {
      if (!boxes.includes(box)) store.delete([box, number]);
    }
  });
