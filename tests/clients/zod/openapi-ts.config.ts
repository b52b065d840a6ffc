import { defineConfig } from "@hey-api/openapi-ts";

// Requests are checked by the compiler only: hey-api's validator of requests does not see headers, such as `If-Match`.
export default defineConfig({
  input: "../../../openapi/openapi.json",
  output: { path: "client", importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "zod", { name: "@hey-api/sdk", validator: { response: "zod" } }],
});
