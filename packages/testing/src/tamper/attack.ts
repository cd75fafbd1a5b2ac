import type { PlainSql } from "./plain-sql.ts";
import type { Stage } from "./stage.ts";

/** What the verifier must name. */
export type Named =
  | { readonly entry: number }
  | { readonly row: string }
  | { readonly revision: string }
  | { readonly key: string }
  | "head"
  | "kept head";

export interface Scene {
  readonly db: PlainSql;
  /** The copy from before the lock and the revocation. */
  readonly earlier: PlainSql;
  readonly stage: Stage;
}

export interface Attack {
  readonly name: string;
  /** Changes the database and answers what must be named. */
  readonly change: (scene: Scene) => Named;
  /** The entry that an export verified offline must name, where one can be told from an export. */
  readonly exported?: true;
  /** The node does not start at all, and says why. */
  readonly refusesToStart?: true;
  /** People with a second step get in as ever; false where what says so was itself destroyed. */
  readonly lettingIn?: false;
}
