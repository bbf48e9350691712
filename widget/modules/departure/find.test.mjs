import assert from "node:assert/strict";
import { test } from "node:test";
import { BLACK, find, looksRandom, masked, replaced } from "./find.js";

// Written in two parts, so that nobody's scanner takes the examples for leaks.
const of = (...parts) => parts.join("");
const A40 = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d";
const HEX32 = "9f86d081884c7d659a2feaa0c55ad015";

/** What must be found: name, text, the kind, and the secret alone. */
const SECRETS = [
  ["AWS access key", `Here: ${of("AKIA", "IOSFODNN7EXAMPLE")}.`, "key", of("AKIA", "IOSFODNN7EXAMPLE")],
  ["AWS temporary key", of("ASIA", "IOSFODNN7EXAMPLE"), "key", of("ASIA", "IOSFODNN7EXAMPLE")],
  ["AWS secret key", `aws_secret_access_key = ${A40}`, "key", A40],
  ["GitHub", `git clone with ${of("ghp_", A40.slice(0, 36))}`, "token", of("ghp_", A40.slice(0, 36))],
  ["GitHub, fine-grained", of("github_pat_", "11AAAAAAA0", A40), "token", of("github_pat_", "11AAAAAAA0", A40)],
  ["GitLab", of("glpat-", "aB3dE5fG7hJ9kL1mN3pQ"), "token", of("glpat-", "aB3dE5fG7hJ9kL1mN3pQ")],
  ["npm", of("//registry/:_authToken=npm_", A40.slice(0, 36)), "token", of("npm_", A40.slice(0, 36))],
  ["Slack", of("xoxb-", "123456789012-abcdefABCDEF"), "token", of("xoxb-", "123456789012-abcdefABCDEF")],
  ["Slack hook", of("https://hooks.slack.com/services/", "T00000000/B00000000/aB3dE5fG7hJ9kL1mN3pQ5rS7"), "key", "T00000000/B00000000/aB3dE5fG7hJ9kL1mN3pQ5rS7"],
  ["Stripe", of("sk_live_", "aB3dE5fG7hJ9kL1mN3pQ5rS7"), "key", of("sk_live_", "aB3dE5fG7hJ9kL1mN3pQ5rS7")],
  ["Stripe, restricted, test", of("rk_test_", "aB3dE5fG7hJ9kL1mN3pQ5rS7"), "key", of("rk_test_", "aB3dE5fG7hJ9kL1mN3pQ5rS7")],
  ["Google API", of("AIza", "SyA1234567890abcdefghijklmnopqrstuv"), "key", of("AIza", "SyA1234567890abcdefghijklmnopqrstuv")],
  ["Google access token", of("ya29.", A40), "token", of("ya29.", A40)],
  ["SendGrid", of("SG.", "aB3dE5fG7hJ9kL1mN3pQ5r", ".", A40), "key", of("SG.", "aB3dE5fG7hJ9kL1mN3pQ5r", ".", A40)],
  ["Anthropic", of("sk-ant-", "api03-", A40), "key", of("sk-ant-", "api03-", A40)],
  ["Shopify", of("shpat_", HEX32), "token", of("shpat_", HEX32)],
  ["Telegram", of("123456789:AA", "H1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v"), "token", of("123456789:AA", "H1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v")],
  ["JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
  ["private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\n-----END RSA PRIVATE KEY-----", "private_key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\n-----END RSA PRIVATE KEY-----"],
  ["private key, cut off", "see -----BEGIN PRIVATE KEY-----\nMIIEvQ", "private_key", "-----BEGIN PRIVATE KEY-----\nMIIEvQ"],
  ["OpenSSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----", "private_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----"],
  ["password in an address", "postgres://app:s3cr3t@db.internal:5432/app", "password", "s3cr3t"],
  ["Authorization, Basic", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "login", "dXNlcjpwYXNzd29yZA=="],
  ["curl with Bearer", `curl -H "Authorization: Bearer ${HEX32}"`, "login", HEX32],
  ["Bearer alone", `Bearer ${HEX32}`, "login", HEX32],
  ["Cookie", "Cookie: sid=abc; theme=dark", "cookie", "sid=abc; theme=dark"],
  ["Set-Cookie", "set-cookie: sid=31d4d96e407aad42; HttpOnly", "cookie", "sid=31d4d96e407aad42; HttpOnly"],
  ["password with =", "DB_PASSWORD=letmein", "password", "letmein"],
  ["password in JSON", '{"password": "letmein"}', "password", "letmein"],
  ["password in prose", "My password is hunter2!", "password", "hunter2!"],
  ["Passwort", "Passwort: Sommer2026", "password", "Sommer2026"],
  ["mot de passe", "mot de passe: Soleil#1", "password", "Soleil#1"],
  ["contraseña", "contraseña: Verano26x", "password", "Verano26x"],
  ["token in an address", "https://app.example/cb?state=1&access_token=abcdef123&x=2", "token", "abcdef123"],
  ["code in an address", "https://app.example/cb?code=4/0AX4XfWh9d8K2mQ7", "token", "4/0AX4XfWh9d8K2mQ7"],
  ["api key", `api_key: ${HEX32}`, "key", HEX32],
  ["key in prose", `our API key ${HEX32} stopped working`, "key", HEX32],
  ["secret in JSON", `{"client_secret":"${A40}"}`, "key", A40],
  ["Visa", "My card is 4242 4242 4242 4242, exp 12/29", "card", "4242 4242 4242 4242"],
  ["Mastercard", "5555555555554444", "card", "5555555555554444"],
  ["Mastercard, 2-series", "2223-0031-2200-3222", "card", "2223-0031-2200-3222"],
  ["American Express", "3782 822463 10005", "card", "3782 822463 10005"],
  ["Discover", "6011111111111117", "card", "6011111111111117"],
];

for (const [name, text, kind, secret] of SECRETS) {
  test(`found: ${name}`, () => {
    const found = find(text);
    assert.deepEqual(found.map(({ kind, start, end }) => [kind, text.slice(start, end)]), [[kind, secret]]);
  });
}

/** What people write to support every day. */
const INNOCENT = [
  "I cannot reset my password: it says that the link is wrong.",
  "Password: forgotten",
  "password: ********",
  "password = <your password>",
  "PASSWORD=${DB_PASSWORD}",
  "The password field is required",
  "token expired",
  "Token: invalid",
  "My session token keeps expiring after 15 minutes.",
  "key: Enter",
  "primary key: customer_address_line_two",
  "The keyboard shortcut key is Ctrl+Shift+K",
  "Authorization: required",
  "authorization header is missing",
  "Cookie banner: accept",
  "I cleared my cookies: no change",
  "Order 4242424242424241",
  "Order number 1234567890123456",
  "Call +49 30 1234567890 or 0800 123 4567",
  "IBAN DE89 3704 0044 0532 0130 00",
  "GB29 NWBK 6016 1331 9268 19",
  "FR76 3000 6000 0112 3456 7890 189",
  "0.4242424242424242",
  "14242424242424242",
  "1.4242424242424242",
  "Ticket 123e4567-e89b-12d3-a456-426614174000",
  "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
  "https://app.example/orders?page=2&sort=name",
  "https://app.example/?session=new&state=open",
  "http://localhost:8080/users/@me",
  "git@github.com:acme/app.git",
  "mailto:grace@customer.example",
  "at 12:34:56 in app.js:10:15",
  "version 10.15.7 (19H1922)",
  "1732260000000 1732260000001",
  "the secretary: Mrs Brown12345",
  "eyJust kidding.eyJ.x",
  "AKIA is a prefix",
  "sk_live keys are used",
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
];

for (const text of INNOCENT) {
  test(`nothing in: ${text}`, () => assert.deepEqual(find(text).map(({ start, end }) => text.slice(start, end)), []));
}

test("several in one text are found in order, and what overlaps is one", () => {
  const text = `password=${HEX32} and Cookie: a=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N\n4242424242424242`;
  assert.deepEqual(find(text).map(({ kind }) => kind), ["password", "cookie", "card"]);
  const black = replaced(text, find(text), () => BLACK);
  assert.equal(black, `password=${BLACK} and Cookie: ${BLACK}\n${BLACK}`);
  assert.deepEqual(find(black), []);
});

test("what is shown of a secret does not give it away", () => {
  assert.equal(masked(of("AKIA", "IOSFODNN7EXAMPLE")), "AKIA…");
  assert.equal(masked("hunter2"), "h…");
  assert.equal(masked("-----BEGIN RSA PRIVATE KEY-----\nMII"), "RSA …");
});

test("words are not random, keys are", () => {
  for (const word of ["customer_address_line_two", "Installation2026", "aaaaaaaaaaaaaaa1"]) assert.equal(looksRandom(word), false, word);
  for (const key of [HEX32, A40, "9f86d081884c7d65"]) assert.equal(looksRandom(key), true, key);
});

test("the first lines of private keys, one after the other, are one finding, however many", () => {
  const begin = "-----BEGIN PRIVATE KEY-----";
  assert.deepEqual(find(begin.repeat(5000)), [{ kind: "private_key", start: 0, end: begin.length * 5000 }]);
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${HEX32}\n-----END RSA PRIVATE KEY-----`;
  assert.deepEqual(find(`${key}! and ${key}!`).map(({ start, end }) => end - start), [key.length, key.length]);
});

test("texts that are made to be slow are not: beside prose of the same length", () => {
  const size = 512 * 1024;
  const quickest = (piece) => {
    const text = piece.repeat(size / piece.length);
    const times = [1, 2].map(() => {
      const began = performance.now();
      find(text);
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  const prose = quickest("The button does nothing when I press it, and then the page says that my session has expired. ");
  const worst = ["a", "key=", "password", "password:", "4242 ", "1", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN A PRIVATE KEY-----x-----END B PRIVATE KEY-----", "://a:", "eyJaaaaaaaa.", "eyJaaaaaaaa.eyJaaaa", "?code=", " ", "cookie: a=", "bearer ", "DE89 3704 0044 ", "token ", "a.b@c.", "token: a1", "\n", "sk-", "SG.a-"];
  for (const piece of worst) {
    const times = quickest(piece) / prose;
    // Bank accounts take forty times, of which each is computed; what is quadratic takes thousands.
    assert.ok(times < 120, `${JSON.stringify(piece)} took ${Math.round(times)} times as long as prose`);
  }
});
