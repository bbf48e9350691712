// A worker that solves a challenge of the service (ALTCHA version 2, PBKDF2/SHA-256). The panel starts it only when the service asks for
// proof of work. It gets the address of the challenge and says numbers while it works (the chance, in percent, that it would be done by now),
// then the payload; or false when the challenge could not be fetched, or null when this browser cannot do the work.

/** How many tries pass between two numbers: some tens of milliseconds. */
const TELL_EVERY = 8;

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function solve(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const began = performance.now();
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const counterPlace = new DataView(password.buffer, start.length);
  const chance = 16 ** -keyPrefix.length;
  const rules = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    if (counter % TELL_EVERY === 0) postMessage(Math.round(100 * (1 - (1 - chance) ** counter)));
    counterPlace.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(new Uint8Array(await crypto.subtle.deriveBits(rules, key, keyLength * 8)));
    if (derivedKey.startsWith(keyPrefix)) {
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey, time: performance.now() - began } }));
    }
  }
}

onmessage = async ({ data }) => {
  let challenge;
  try {
    const answer = await fetch(data);
    if (!answer.ok) throw answer.status;
    challenge = await answer.json();
  } catch {
    return postMessage(false);
  }
  try {
    postMessage(await solve(challenge));
  } catch {
    // Above all: without TLS there is no crypto.subtle.
    postMessage(null);
  }
};
