// The library altcha-lib as somebody else's solver and judge. Reads JSON from standard input, writes JSON.
// solve: a challenge → the payload. judge: lets our worker (the file in argv) solve a challenge that altcha-lib has made → its verdict.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [task, packages, worker] = process.argv.slice(2);
const resolve = createRequire(packages + "/x.js").resolve;
const load = (name) => import(pathToFileURL(resolve(name)));
const { createChallenge, solveChallenge, verifySolution } = await load("altcha-lib");
const { deriveKey } = await load("altcha-lib/algorithms/pbkdf2");

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64");

if (task === "solve") {
  const challenge = JSON.parse(readFileSync(0, "utf8"));
  const solution = await solveChallenge({ challenge, deriveKey });
  console.log(JSON.stringify(encode({ challenge, solution })));
} else {
  const hmacSignatureSecret = "somebody else's";
  const challenge = await createChallenge({ algorithm: "PBKDF2/SHA-256", cost: 50, deriveKey, hmacSignatureSecret });
  const payload = await new Promise((done) => {
    globalThis.fetch = async () => ({ ok: true, json: async () => challenge });
    globalThis.postMessage = (said) => typeof said === "number" || done(said);
    (0, eval)(readFileSync(worker, "utf8"));
    globalThis.onmessage({ data: "/challenge" });
  });
  const { challenge: back, solution } = JSON.parse(atob(payload));
  console.log(JSON.stringify(await verifySolution({ challenge: back, solution, deriveKey, hmacSignatureSecret })));
}
