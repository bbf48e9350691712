// The words of a part of the panel. The document carries only those that everybody needs.

/** The words of a part, in the language of the document. Fails when the service does not answer. */
export async function wordsOf(part) {
  const { lang, dir } = document.documentElement;
  const { site } = document.getElementById("form").dataset;
  const answer = await fetch(`/w/${site}/words/${part}?locale=${lang}`);
  if (!answer.ok) throw new Error(`no words: ${answer.status}`);
  const table = await answer.json();

  const otherLetters = dir === "rtl" ? /[A-Za-z]/ : /[\u0590-\u07ff]/;
  /** A name that runs the other way than the sentence around it stands apart, so that its signs and digits stay where they are. */
  const apart = (value) => (otherLetters.test(value) ? `\u2068${value}\u2069` : value);

  /** The text of a key with its `{name}`s filled in. One pass: a value is never read for names. */
  const text = (key, values = {}) => (table[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? apart(values[name]) : whole));
  /** The text for a number of things. */
  const counted = (key, count) => text(`${key}_${new Intl.PluralRules(lang).select(count)}`, { count: count.toLocaleString(`${lang}-u-nu-latn`) });
  return { text, counted };
}
