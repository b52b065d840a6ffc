// The server that the stories are about, and its API.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./pages.js";

/** A port that is free: links in mails have to name it before the server is there. */
async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((go) => listener.once("listening", go));
  const { port } = listener.address();
  await new Promise((go) => listener.close(go));
  return port;
}

/**
 * Starts a server with these settings, and users with a password: [address, role]. With the scheme https it has a base URL as
 * behind a proxy.
 */
export async function serve(lede, settings, users, password, scheme = "http") {
  const folder = mkdtempSync(join(tmpdir(), "lede-browser-"));
  const host = `127.0.0.1:${await freePort()}`;
  const address = `http://${host}`;
  const env = {
    PATH: process.env.PATH,
    LEDE_DATABASE_URL: `sqlite://${folder}/lede.db`,
    LEDE_BIND: host,
    LEDE_BASE_URL: `${scheme}://${host}`,
    LEDE_SECRET: "a secret that is good enough for a test",
    ...settings,
  };
  for (const [email, role] of users) {
    execFileSync(lede, ["user", "add", email, "--role", role, "--password-stdin"], { env, input: password, encoding: "utf8" });
  }
  const server = spawn(lede, ["serve"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  server.stderr.on("data", (data) => (log += data));
  await until("the server", () => {
    assert.equal(server.exitCode, null, log);
    return log.includes("listening on ");
  });
  const stop = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, api: api(address), stop };
}

function api(address) {
  /** Sends a request. Returns the status and the body of the response. */
  const send = async (method, path, { token, body } = {}) => {
    const response = await fetch(address + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  };
  /** The body of the response to a request that succeeds. */
  const expect = async (method, path, options) => {
    const { status, body } = await send(method, path, options);
    assert(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const logIn = (email, password, code) => send("POST", "/v1/auth/sessions", { body: { email, password, code } });
  const invite = (token, email, name, role) => expect("POST", "/v1/users", { token, body: { email, name, role } });
  return { send, expect, logIn, invite };
}

/** That a request was refused so. */
export function refused({ status, body }, wanted, code) {
  assert.deepEqual([status, body?.code], [wanted, code]);
}
