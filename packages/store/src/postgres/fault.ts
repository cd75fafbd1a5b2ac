import { StoreError, type StoreErrorCode } from "@postern/service";

/** The question cannot have reached the server. */
const NOT_SENT = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "CONNECT_TIMEOUT",
]);

/** Classes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_CLASS: { readonly [prefix: string]: StoreErrorCode } = {
  "22": "refused",
  "23": "refused",
  "42": "corrupt",
  XX: "corrupt",
};
const DISK_FULL = "53100";
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * What a failure of the driver means for a call. An ERROR of the server rolled the statement back; after a FATAL
 * or a lost connection its commit may stand. Messages carry the server's sentence, never its detail or the URL.
 */
export function faultOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = property(error, "code");
  const said = error instanceof Error ? error.message : String(error);
  if (NOT_SENT.has(code))
    return new StoreError("unavailable", `the database cannot be reached: ${code}`, "no");
  const severity = property(error, "severity");
  if (SQLSTATE.test(code) && severity === "ERROR") {
    if (code === DISK_FULL) return new StoreError("full", `no space left for the database: ${said}`, "no");
    const kind = BY_CLASS[code.slice(0, 2)] ?? "unavailable";
    return new StoreError(kind, `the database refused: ${said} (\`${code}\`)`, "no");
  }
  return new StoreError(
    "unavailable",
    `the connection to the database was lost: \`${code || said}\``,
    "unknown",
  );
}

function property(value: unknown, name: string): string {
  if (typeof value !== "object" || value === null) return "";
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" ? found : "";
}
