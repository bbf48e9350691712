// A worker that solves a challenge of the service (ALTCHA version 2, PBKDF2/SHA-256). The panel starts it only when the service asks for
// proof of work. It gets the address of the challenge and answers the payload, or null when it cannot.

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function solve(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const began = performance.now();
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  const counterPlace = new DataView(password.buffer, start.length);
  const rules = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    counterPlace.setUint32(0, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(new Uint8Array(await crypto.subtle.deriveBits(rules, key, keyLength * 8)));
    if (derivedKey.startsWith(keyPrefix)) {
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey, time: performance.now() - began } }));
    }
  }
}

onmessage = async ({ data }) => {
  try {
    const answer = await fetch(data);
    postMessage(await solve(await answer.json()));
  } catch {
    postMessage(null);
  }
};
