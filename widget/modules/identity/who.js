/** How a person is shown to themselves: by name, with the address that the answer goes to. */
export const who = ({ name, email }) => (name && name !== email ? `${name} · ${email}` : email);
