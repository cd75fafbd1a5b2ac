import { existsSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { authenticatorPath, readAuthenticator } from "./authenticator.ts";
import { nextCode, otpauthUri, stepAt } from "./second-step.ts";
import { databasePath, personIn } from "./store.ts";

export interface ReadCode {
  /** A code that the shop takes once `wait` milliseconds have gone by. */
  readonly code: string;
  readonly wait: number;
  readonly uri: string;
}

/**
 * Reads from where the sample keeps it what a person's authenticator app would show. For trying the sample only: a real
 * shop lets nobody read this.
 *
 * @throws where there is no shop in the folder or nobody of that name.
 */
export function readCode(folder: string, name: string, at: number): ReadCode {
  const phone = readAuthenticator(folder, name);
  if (phone !== null) {
    const next = nextCode(phone.secret, name, phone.lastStep, at);
    const kept = { secret: phone.secret, lastStep: Math.max(stepAt(at), phone.lastStep + 1) };
    writeFileSync(authenticatorPath(folder, name), JSON.stringify(kept), { mode: 0o600 });
    return { ...next, uri: otpauthUri(phone.secret, name) };
  }
  const path = databasePath(folder);
  if (!existsSync(path)) throw new Error(`there is no shop in \`${folder}\`; run \`npm start\` first`);
  const database = new DatabaseSync(path, { readOnly: true });
  const person = personIn(database, name);
  database.close();
  if (person === null) throw new Error(`expected ana, ben, cleo or olga, got \`${name}\``);
  const { secret, lastStep } = person;
  return { ...nextCode(secret, name, lastStep, at), uri: otpauthUri(secret, name) };
}
