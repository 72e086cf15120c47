// OpenID Connect provider with demo users: what ACM/IDM gives, without ACM/IDM. Started by `onthaal up` and by tests.
//
// node server.mjs CONFIG.json
// CONFIG: {port, issuer, city, clients: [client metadata], accounts: FILE, keys: FILE}
// accounts FILE: [{id, label, for: [client_id], claims: {...}}]; read again at every login and token, so that a right that
// is taken away there is gone at the next refresh. keys FILE: private JWK set, made when it is not there.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import Provider from 'oidc-provider';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const accounts = () => JSON.parse(readFileSync(config.accounts, 'utf8'));

function keys() {
  if (!existsSync(config.keys)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') };
    writeFileSync(config.keys, JSON.stringify({ keys: [jwk] }), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(config.keys, 'utf8'));
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

function page(title, content) {
  return `<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
body{font:1.125rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:1rem;color:#111;background:#fff}
button{font:inherit;text-align:left;width:100%;min-height:3rem;padding:.6rem 1rem;margin:.25rem 0;border:2px solid #0055cc;
border-radius:.4rem;background:#fff;color:#003c8f;cursor:pointer}
button:hover,button:focus-visible{background:#003c8f;color:#fff;outline:3px solid #ffb600;outline-offset:2px}
ul{list-style:none;padding:0}.note{border-left:.4rem solid #ffb600;padding:.5rem 1rem;background:#fff8e5}
</style></head><body><main><h1>${escaped(title)}</h1>${content}</main></body></html>`;
}

function choice(uid, client) {
  const offered = accounts().filter((one) => one.for.includes(client.clientId));
  const items = offered.map((one) => `<li><button name="login" value="${escaped(one.id)}">${escaped(one.label)}</button></li>`);
  return page('Kies wie u bent', `
<p class="note">Dit is een proefomgeving van ${escaped(config.city)}. De mensen hieronder bestaan niet. Echte mensen melden
zich aan met hun eID, itsme of een ander middel van de Vlaamse overheid.</p>
<form method="post" action="/interaction/${escaped(uid)}"><ul aria-label="Proefgebruikers">${items.join('')}</ul></form>`);
}

const provider = new Provider(config.issuer, {
  clients: config.clients,
  jwks: keys(),
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: {
    openid: ['sub'],
    acr: null,
    profile: ['given_name', 'family_name'],
    rrn: ['rrn'],
    vo: ['vo_id', 'vo_doelgroepcode', 'vo_orgcode', 'vo_orgnaam', 'vo_email'],
    onthaal: ['onthaal_rol_3d'],
  },
  scopes: ['openid', 'offline_access', 'profile', 'rrn', 'vo', 'onthaal'],
  conformIdTokenClaims: false,
  // our own channels are on this very machine, where the library would call nobody
  fetch: (address, options) => fetch(address, { ...options, dispatcher: undefined }),
  acrValues: ['urn:be:vlaanderen:authmech:eid', 'urn:be:vlaanderen:authmech:itsme'],
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    introspection: { enabled: true },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      async logoutSource(ctx, form) {
        ctx.body = page('Wilt u zich afmelden?', `${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes">Ja, meld mij af</button>
<button type="submit" form="op.logoutForm">Nee, blijf aangemeld</button>`);
      },
      async postLogoutSuccessSource(ctx) {
        ctx.body = page('U bent afgemeld', '<p>U mag dit venster sluiten.</p>');
      },
    },
  },
  pkce: { required: () => true },
  ttl: {
    AccessToken: config.seconds ?? 3600,
    AuthorizationCode: 60,
    Grant: 36000,
    IdToken: config.seconds ?? 3600,
    Interaction: 600,
    RefreshToken: 36000,
    Session: 36000,
  },
  async findAccount(_ctx, id) {
    const found = accounts().find((one) => one.id === id);
    return found && { accountId: id, claims: async () => ({ ...found.claims, sub: id }) };
  },
  async issueRefreshToken(_ctx, client) {
    return client.grantTypeAllowed('refresh_token');
  },
  // no page of permission: a city's own application needs none, as at ACM/IDM
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid offline_access profile rrn vo onthaal');
    await grant.save();
    return grant;
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  async renderError(ctx, out) {
    ctx.type = 'html';
    ctx.body = page('Er ging iets mis', `<p>${escaped(out.error)}: ${escaped(out.error_description ?? '')}</p>`);
  },
});

function formOf(req) {
  return new Promise((resolve, reject) => {
    let body = '';
    req.on('data', (piece) => { body += piece; if (body.length > 10_000) reject(new Error('too long')); });
    req.on('end', () => resolve(new URLSearchParams(body)));
    req.on('error', reject);
  });
}

provider.use(async (ctx, next) => {
  const found = /^\/interaction\/([\w-]+)$/.exec(ctx.path);
  if (!found) {
    await next();
    return;
  }
  const { uid, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const client = await provider.Client.find(params.client_id);
  if (ctx.method === 'GET') {
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    ctx.type = 'html';
    ctx.body = choice(uid, client);
    return;
  }
  const chosen = (await formOf(ctx.req)).get('login');
  const account = accounts().find((one) => one.id === chosen && one.for.includes(client.clientId));
  const acr = account?.claims.acr ?? 'urn:be:vlaanderen:authmech:eid';
  const result = account ? { login: { accountId: account.id, acr } } : { error: 'access_denied' };
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  ctx.status = 303;
});

provider.on('server_error', (_ctx, error) => console.error('failed:', error));
provider.on('backchannel.error', (_ctx, error, client) => console.error('logout not told to', client.clientId, error));

const server = provider.listen(config.port, '127.0.0.1', () => console.log(`provider of demo users at ${config.issuer}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => { server.closeAllConnections(); server.close(() => process.exit(0)); });
}
