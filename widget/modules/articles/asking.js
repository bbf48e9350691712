/** Shorter texts say nothing. */
const LEAST_CHARS = 3;
/** As much as the service looks at. */
const MOST_CHARS = 200;

/** What is asked for a summary: nothing while it is too short. Blanks at the ends, and how many between words, change nothing. */
export const question = (summary) => {
  const text = summary.trim().replace(/\s+/g, " ");
  return text.length < LEAST_CHARS && !/\p{Script=Han}|\p{Script=Katakana}/u.test(text) ? "" : text.slice(0, MOST_CHARS);
};
