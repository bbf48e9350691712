// The fields that a site's policy adds to the form. A category is a group of buttons, a list, or one that is given.

const NAMES = ["category", "impact", "tried"];

/** Those that this form has. */
export const added = (form) => NAMES.filter((name) => form.elements[name]);

/** What stands in one of them; undefined where the form does not have it. */
export const said = (form, name) => form.elements[name]?.value;

/** Says something else in one, or nothing. */
export const say = (form, name, text) => {
  const control = form.elements[name];
  // A group has no value that unchecks it.
  if (control.forEach) control.forEach((choice) => (choice.checked = choice.value === text));
  else if (control.type !== "hidden") control.value = text;
};
