// Follows changes with a browser's own EventSource on a page of another origin, over a connection that breaks off.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { open, until } from "./pages.js";

/** What lies between the browser and the server, and can be cut. */
async function wire(address) {
  const { hostname, port } = new URL(address);
  const sockets = new Set();
  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one.on("error", () => {}).on("close", () => other.destroy()));
      one.pipe(other);
    }
  }).listen(0, "127.0.0.1");
  await new Promise((go) => proxy.once("listening", go));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { address: `http://127.0.0.1:${proxy.address().port}`, cut, close: () => (cut(), proxy.close()) };
}

export async function stream({ browser, address, api, token, site }) {
  const publish = async (title) => {
    const { id, revision } = await api.expect("POST", "/v1/articles", { token, body: { title } });
    await api.expect("POST", `/v1/articles/${id}/publish`, { token, body: { revision } });
    return id;
  };
  const unpublish = (id) => api.expect("POST", `/v1/articles/${id}/unpublish`, { token });
  const between = await wire(address);
  try {
    const { page } = await open(browser);
    await page.goto(site.origin);
    await page.evaluate((url) => {
      window.told = [];
      window.stream = new EventSource(url);
      window.stream.onmessage = ({ data, lastEventId }) => window.told.push([lastEventId, JSON.parse(data)]);
      return new Promise((go) => (window.stream.onopen = go));
    }, `${between.address}/v1/changes/stream`);
    const told = () => page.evaluate(() => window.told.map(([, { change, article }]) => [change, article?.title]));
    const first = await publish("First");
    await until("the first article", async () => (await told()).length === 1);
    const last = await page.evaluate(() => window.told[0][0]);
    const { next_cursor: cursor } = await api.expect("GET", "/v1/changes?limit=100");
    assert.equal(last, cursor, "the id of an event is not its cursor");
    // Published once and unpublished once while the browser is away: each subject comes once, with what became of it.
    between.cut();
    const second = await publish("Second");
    await unpublish(first);
    await until("what happened meanwhile", async () => (await told()).length === 3);
    assert.deepEqual(await told(), [["published", "First"], ["published", "Second"], ["unpublished", undefined]]);
    await unpublish(second);
    await until("what happens now", async () => (await told()).length === 4);
    await page.evaluate(() => window.stream.close());
  } finally {
    between.close();
  }
}
