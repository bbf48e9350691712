/** An element with attributes (undefined: none) and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Says a text to those who do not see it: after what the press of a button itself is answered with. */
export const announce = (text) => setTimeout(() => (byId("announcer").textContent = text), 150);
