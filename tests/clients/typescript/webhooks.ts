// What a receiver of webhooks does, with the library of Standard Webhooks: it verifies what arrives.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import createClient from "openapi-fetch";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { paths } from "./contract.js";

const [baseUrl, email, password] = process.argv.slice(2);
assert(baseUrl && email && password);

const session = await createClient<paths>({ baseUrl }).POST("/v1/auth/sessions", { body: { email, password } });
assert(session.data, JSON.stringify(session.error));
const admin = createClient<paths>({
  baseUrl,
  headers: { authorization: `Bearer ${session.data.access_token}` },
});

const server = createServer();
await once(server.listen(0, "127.0.0.1"), "listening");
const { port } = server.address() as AddressInfo;
const arrivals = createArrivals();
server.on("request", async (request: IncomingMessage, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  response.writeHead(204).end();
  arrivals.add({ body: Buffer.concat(pieces).toString(), headers: request.headers as Record<string, string> });
});

const created = await admin.POST("/v1/webhooks", {
  body: { url: `http://127.0.0.1:${port}/`, events: ["topic.created"] },
});
assert(created.data?.secret, JSON.stringify(created.error));
const { id, secret } = created.data;
const made = await admin.POST("/v1/topics", { body: { name: "Fog signals" } });
assert(made.data, JSON.stringify(made.error));

const { body, headers } = await arrivals.next();
const event = new Webhook(secret).verify(body, headers) as { type: string; data: { slug: string } };
assert.deepEqual([event.type, event.data.slug], ["topic.created", "fog-signals"]);
assert.throws(() => new Webhook(secret).verify(`${body} `, headers), WebhookVerificationError);

await admin.DELETE("/v1/webhooks/{webhook}", { params: { path: { webhook: id } } });
server.close();
console.log("TypeScript: a webhook was verified");

// Requests in the order in which they arrive.
function createArrivals() {
  type Arrival = { body: string; headers: Record<string, string> };
  const waiting: ((arrival: Arrival) => void)[] = [];
  const arrived: Arrival[] = [];
  return {
    add(arrival: Arrival) {
      const next = waiting.shift();
      if (next) next(arrival);
      else arrived.push(arrival);
    },
    next(): Promise<Arrival> {
      const first = arrived.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}
