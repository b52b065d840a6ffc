// Code samples for openapi-fetch, a typed client that is generated from the document.

/** A JSON value as TypeScript, indented. */
function literal(value, indent) {
  const text = JSON.stringify(value, null, 2).replace(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
  return text.replace(/"\\"([^"\\]*)\\""/g, `'"$1"'`).replace(/\n/g, `\n${indent}`);
}

/** An example of a required parameter. */
function example({ name, example, schema = {} }) {
  const known = [example, schema.example, schema.examples?.[0], schema.default, schema.enum?.[0]];
  return known.find((value) => value !== undefined) ?? name;
}

/** The call of an operation with what it requires, and the recorded request body. */
export function typescript(server, method, path, operation) {
  const params = {};
  for (const parameter of operation.parameters) {
    if (parameter.required) (params[parameter.in] ??= {})[parameter.name] = example(parameter);
  }
  const [media, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const headers = {};
  if (media && media !== "application/json") headers["Content-Type"] = media;
  if (operation.security?.some((way) => "bearer" in way)) headers.Authorization = "Bearer …";
  const options = { params, body: body?.example, headers };
  const given = Object.entries(options)
    .filter(([, value]) => value !== undefined && (typeof value !== "object" || Object.keys(value).length > 0))
    .map(([name, value]) => `  ${name}: ${literal(value, "  ")},\n`)
    .join("");
  const written = given.replace('"Bearer …"', "`Bearer ${token}`");
  return `// npx openapi-typescript ${server}/openapi.json -o lede.ts
import createClient from "openapi-fetch";
import type { paths } from "./lede";

const lede = createClient<paths>({ baseUrl: "${server}" });
const { data, error } = await lede.${method.toUpperCase()}("${path}"${written && `, {\n${written}}`});`;
}
