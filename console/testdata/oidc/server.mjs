// A real OpenID Connect provider on loopback. Prints its issuer, ends with its standard input.
// Arguments: where people are sent back to after sign-in and after log-out, and people as JSON: { name: [groups] }.
//
// Beside the provider there are three switches for the tests, all under /test:
//   POST /test/claims  {"aud": "x", …}   claims of ID tokens are replaced before they are signed, with the provider's own key
//   POST /test/stranger                  ID tokens are signed by a key that the provider does not publish
//   POST /test/rotate                    other keys from now on
//   POST /test/userinfo                  ID tokens say only who; name and groups are at the userinfo endpoint
import { createServer } from 'node:http'

import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

const [redirectUri, afterLogout, people] = process.argv.slice(2)
const groups = JSON.parse(people)

async function newKey(kid) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' } }
}

let key = await newKey('first')
const stranger = await newKey('stranger')
let issuer
let handle
let claims = {}
let signer = null
let onlyUserinfo = false

function provide() {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'kerbwatch', client_secret: 'not a secret', id_token_signed_response_alg: 'ES256', redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterLogout],
      application_type: 'native', token_endpoint_auth_method: 'client_secret_basic',
    }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'] },
    conformIdTokenClaims: onlyUserinfo,
    cookies: { keys: ['only for tests'] },
    jwks: { keys: [key.jwk] },
    pkce: { required: () => true },
    findAccount: (_context, id) => id in groups && {
      accountId: id,
      claims: () => ({ sub: id, preferred_username: groups[id].name ?? id, name: `${id} of the city`, groups: groups[id].groups }),
    },
  })
  handle = provider.callback()
}

async function text(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Signs what the provider is about to answer once more, with other claims or another key. */
async function forged(answer) {
  const body = JSON.parse(answer)
  if (body.id_token === undefined) return answer
  const by = signer ?? key
  const token = new SignJWT({ ...decodeJwt(body.id_token), ...claims }).setProtectedHeader({ alg: 'ES256', kid: by.jwk.kid })
  return JSON.stringify({ ...body, id_token: await token.sign(by.privateKey) })
}

async function test(request, response) {
  const body = await text(request)
  if (request.url === '/test/claims') claims = JSON.parse(body)
  if (request.url === '/test/stranger') signer = stranger
  if (request.url === '/test/userinfo') onlyUserinfo = true
  if (request.url === '/test/rotate') key = await newKey(`after ${key.jwk.kid}`)
  if (request.url === '/test/userinfo' || request.url === '/test/rotate') provide()
  response.writeHead(204).end()
}

const server = createServer((request, response) => {
  if (request.url.startsWith('/test/')) return test(request, response)
  if (request.url === '/token' && (signer !== null || Object.keys(claims).length > 0)) {
    const end = response.end.bind(response)
    response.end = (answer) => {
      response.removeHeader('content-length')
      forged(answer.toString()).then((text) => end(text))
    }
  }
  handle(request, response)
})
// On a busy machine the other side may take long to use its connection again.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`
  provide()
  console.log(issuer)
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
