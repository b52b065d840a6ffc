// Sets up the reference: Scalar's renderer, the log-in, and code samples. Loads nothing from other servers.
import "./scalar-1.76.0.js";
import { typescript } from "./samples.js";

const KEY = "lede-session";
/** The languages of samples that Scalar writes: all others are hidden. TypeScript comes from samples.js. */
const HIDDEN = {
  ...Object.fromEntries(
    ("c clojure csharp dart fsharp go http java js julia kotlin node objc ocaml php powershell r ruby rust swift")
      .split(" ").map((language) => [language, true]),
  ),
  shell: ["httpie", "wget"],
  python: ["python3", "aiohttp", "httpx_sync", "httpx_async"],
};

const find = (selector) => document.querySelector(selector);
const server = new URL(".", location.href).href.replace(/\/$/, "");
const dialog = find("dialog");
let reference, content, expiry;

/** The session of this tab, unless its token has expired. */
function session() {
  const kept = JSON.parse(sessionStorage.getItem(KEY));
  return kept?.expires > Date.now() ? kept : null;
}

/** The OpenAPI document, as it is shown. */
async function load() {
  const shown = await (await fetch("openapi.json")).json();
  shown.servers = [{ url: server }];
  const title = (name) => name === "api-keys" ? "API keys" : name[0].toUpperCase() + name.slice(1);
  for (const tag of shown.tags) tag["x-displayName"] = title(tag.name);
  const resolved = (part) => part?.$ref ? part.$ref.split("/").slice(1).reduce((at, name) => at[name], shown) : part;
  for (const [path, item] of Object.entries(shown.paths)) {
    for (const [method, operation] of Object.entries(item).filter(([, one]) => one.responses)) {
      const parameters = (operation.parameters ?? []).map(resolved);
      for (const parameter of parameters) {
        if (parameter.name === "If-Match") parameter.example ??= '"1"';
      }
      const call = { ...operation, parameters, requestBody: resolved(operation.requestBody) };
      operation["x-codeSamples"] = [{ lang: "TypeScript", source: typescript(server, method, path, call) }];
    }
  }
  return shown;
}

function configuration() {
  return {
    content,
    theme: "none",
    withDefaultFonts: false,
    telemetry: false,
    proxyUrl: "",
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: "never",
    hideClientButton: true,
    documentDownloadType: "none",
    hiddenClients: HIDDEN,
    featuredClients: ["shell/curl", "python/requests"],
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    authentication: {
      preferredSecurityScheme: "bearer",
      securitySchemes: { bearer: { token: session()?.token ?? "" } },
    },
  };
}

/** Shows whether somebody is logged in, and gives the token to the requests of the page. */
function update() {
  const current = session();
  find("#user").textContent = current?.email ?? "";
  find("#log-in").hidden = Boolean(current);
  find("#log-out").hidden = !current;
  clearTimeout(expiry);
  if (current) expiry = setTimeout(update, current.expires - Date.now() + 1000);
  reference?.updateConfiguration(configuration());
}

/** Shows or hides the field for the code of the second factor. */
function showCode(shown) {
  const code = find("[name=code]");
  code.parentElement.hidden = !shown;
  if (shown) code.focus();
}

async function logIn(form) {
  const response = await fetch("v1/auth/sessions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  });
  const answer = await response.json();
  if (answer.code === "second-factor-required") {
    showCode(true);
    throw new Error("Enter the code of your authenticator app, or a recovery code.");
  }
  if (!response.ok) throw new Error(answer.detail);
  const expires = Date.now() + answer.expires_in * 1000;
  sessionStorage.setItem(KEY, JSON.stringify({ email: answer.user.email, token: answer.access_token, expires }));
}

find("#log-in").addEventListener("click", () => dialog.showModal());
find("#cancel").addEventListener("click", () => dialog.close());
find("#log-out").addEventListener("click", () => {
  const token = session()?.token;
  sessionStorage.removeItem(KEY);
  update();
  if (token) fetch("v1/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
});
find("dialog form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const alert = find("dialog [role=alert]");
  alert.textContent = "";
  try {
    await logIn(event.target);
    event.target.reset();
    showCode(false);
    dialog.close();
    update();
  } catch (error) {
    alert.textContent = error.message;
  }
});

update();
try {
  content = await load();
  find("#reference").replaceChildren();
  reference = Scalar.createApiReference("#reference", configuration());
} catch (error) {
  find(".wait").textContent = `The reference cannot be loaded: ${error.message}`;
}
