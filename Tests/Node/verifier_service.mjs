/**
 * A service that takes a bearer token and answers 200 with its claims, 401 with the reason against the token, or 503 with
 * the reason why it cannot tell, by Scripts/verifiers/node. `?policy=ALLOW_WHEN_STALE` is for one call.
 *
 * verifier_service.mjs ISSUER AUDIENCE PORT [SERVER [CA]]. `PUT /clock` with a number of seconds moves its clock.
 * `GET /fetch` tells whether the list can be read within a second (200 or 502); what stands behind `?` goes to the server.
 * SIGNED_LIST=yes in the environment asks for the signed list.
 */
import http from "node:http";
import { Policy, Refusal, Unavailable, Verifier } from "../../Scripts/verifiers/node/verifier.js";

const [issuer, audience, port, server, ca] = process.argv.slice(2);
let moved = 0;
const verifier = await Verifier.start({
  issuer, audience, server, ca, signedList: process.env.SIGNED_LIST === "yes", clock: () => Date.now() / 1000 + moved,
  consumer: "node".padEnd(64, "-"), // The longest that there is.
}).catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function answer(request) {
  const url = new URL(request.url, "http://localhost");
  if (request.method === "PUT") {
    const chunks = await request.toArray();
    moved = Number(Buffer.concat(chunks).toString());
    return [200, {}];
  }
  if (url.pathname === "/fetch") {
    try {
      return [200, JSON.parse(await verifier.get("/revocations" + url.search, 1))];
    } catch (error) {
      return [502, { reason: error.message }];
    }
  }
  const policy = url.searchParams.get("policy");
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  try {
    return [200, await verifier.verify(token, policy === null ? undefined : Policy[policy])];
  } catch (error) {
    const body = { reason: error.code, detail: error.message };
    if (error instanceof Unavailable) return [503, body, { "Retry-After": error.retryAfter }];
    if (error instanceof Refusal) return [401, body];
    throw error;
  }
}

http.createServer((request, response) => {
  answer(request).then(([status, body, fields]) => {
    response.writeHead(status, { "Content-Type": "application/json", ...fields }).end(JSON.stringify(body));
  });
}).listen(Number(port), "127.0.0.1");
