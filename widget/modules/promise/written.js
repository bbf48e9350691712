// An instant of a promise as the receipt writes it (`widget/src/words.rs`): the same words before sending and after.

const PARTS = { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit" };

/** The language for dates: as it is written in the browser's own region, where that is one of the same language; with the digits 0 to 9. */
export const formatsOf = (lang, browser = "") => {
  const region = browser.startsWith(`${lang}-`) && !browser.includes("-u-") ? browser.slice(lang.length) : "";
  return `${lang}${region}-u-nu-latn`;
};

/** The sentence with its time. One whose time never stops has none in it. */
export const written = (promise, answerBy, lang, browser = navigator.language) =>
  promise.replace("{time}", () => new Date(answerBy).toLocaleString(formatsOf(lang, browser), PARTS));
