import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What an authenticator app of a sample person knows. For trying the sample only: a real one is on their phone. */
export interface Authenticator {
  readonly secret: string;
  /** The time step of the newest code that it was asked for: a code is good once. */
  readonly lastStep: number;
}

export function authenticatorPath(folder: string, name: string): string {
  return join(folder, `${name}.authenticator.json`);
}

/** Null: this person has none with Postern. */
export function readAuthenticator(folder: string, name: string): Authenticator | null {
  const path = authenticatorPath(folder, name);
  if (!/^[a-z]{1,32}$/.test(name) || !existsSync(path)) return null;
  const read: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof read !== "object" || read === null) return null;
  const secret: unknown = Reflect.get(read, "secret");
  const lastStep: unknown = Reflect.get(read, "lastStep");
  return typeof secret === "string" && typeof lastStep === "number" ? { secret, lastStep } : null;
}
