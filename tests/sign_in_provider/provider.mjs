// An OpenID provider for one test: certified code with its own sign-in page, accounts of ours.
//
//   node provider.mjs '{"client_id":"…","client_secret":"…","redirect_uris":["…"],"accounts":{"sam":{"email":"…"}},"beside":true}'
//
// Prints `listening on http://localhost:PORT`. POST /turn-keys gives it another signing key; the one of before is known no more.
// `beside`: addresses are told beside the token, as the standard has it, and not in it.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const asked = JSON.parse(process.argv[2]);

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomUUID() };
}

function provider(issuer) {
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: asked.client_id,
        client_secret: asked.client_secret,
        redirect_uris: asked.redirect_uris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: asked.beside,
    cookies: { keys: ['of a test'] },
    jwks: { keys: [newKey()] },
    // What is typed as a name at the sign-in page is the person's id.
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...asked.accounts[id] }) }),
  });
  return made.callback();
}

let issuer;
let handle;
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/turn-keys') {
    handle = provider(issuer);
    response.writeHead(204).end();
  } else {
    // Its pages would load a font from elsewhere.
    response.setHeader('content-security-policy', "default-src 'self' 'unsafe-inline'");
    handle(request, response);
  }
});
server.listen(0, '127.0.0.1', () => {
  issuer = `http://localhost:${server.address().port}`;
  handle = provider(issuer);
  console.log(`listening on ${issuer}`);
});
