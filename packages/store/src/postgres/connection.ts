import { StoreError, type World } from "@postern/service";
import postgres from "postgres";
import { faultOf } from "./fault.ts";

export type Row = { readonly [column: string]: unknown };

/** A pool of one or more connections on which statements are prepared once. */
export interface Connection {
  /** @throws StoreError */
  query(statement: string, values?: readonly (string | null)[]): Promise<readonly Row[]>;
  /** Several statements at once, without values, for as long as they take. */
  script(statements: string): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly connections: number;
  /** Milliseconds after which the server gives a statement up. */
  readonly statementTimeout: number;
  /**
   * Milliseconds after which a statement without an answer gives the connections up: what a network swallowed never
   * answers, and the system would wait for a quarter of an hour.
   */
  readonly deadline: number;
  readonly world: Pick<World, "after">;
  /** False for working state, whose last moments may be lost. */
  readonly durable: boolean;
  /** Milliseconds between two statements of one transaction after which the server gives it up. */
  readonly pauseInside?: number;
  /** A connection was lost or given up. The next statement opens another. */
  readonly onClose?: () => void;
  readonly onNotify?: (channel: string, payload: string) => void;
}

const CONNECT_TIMEOUT_SECONDS = 3;
/** Many nodes may come back to a database at once, and each within moments. */
const LONGEST_BACKOFF_SECONDS = 0.25;

export function connect(options: ConnectionOptions): Connection {
  const { deadline, world } = options;
  let sql = driver(options);
  const giveUp = (given: postgres.Sql): void => {
    if (given !== sql) return;
    sql = driver(options);
    given.end({ timeout: 0 }).catch(() => {});
    options.onClose?.();
  };
  const answered = async <T>(ask: (on: postgres.Sql) => PromiseLike<T>): Promise<T> => {
    const on = sql;
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = world.after(deadline, () => {
        giveUp(on);
        reject(new StoreError("unavailable", `the database did not answer for ${deadline} ms`, "unknown"));
      });
    });
    try {
      return await Promise.race([ask(on), late]);
    } catch (error) {
      throw faultOf(error);
    } finally {
      cancel();
    }
  };
  return {
    query: async (statement, values = []) =>
      (await answered((on) =>
        on.unsafe(statement, [...values], { prepare: true }),
      )) as unknown as readonly Row[],
    async script(statements) {
      try {
        await sql.unsafe(statements).simple();
      } catch (error) {
        throw faultOf(error);
      }
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

function driver({
  url,
  connections,
  statementTimeout,
  durable,
  pauseInside,
  onClose,
  onNotify,
}: ConnectionOptions): postgres.Sql {
  try {
    return postgres(url, {
      max: connections,
      // The lock lives as long as its connection: the driver must not renew connections by itself.
      max_lifetime: null,
      idle_timeout: undefined,
      connect_timeout: CONNECT_TIMEOUT_SECONDS,
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, LONGEST_BACKOFF_SECONDS),
      fetch_types: false,
      onnotice: () => {},
      ...(onClose && { onclose: onClose }),
      ...(onNotify && { onnotify: onNotify }),
      connection: {
        application_name: "postern",
        statement_timeout: statementTimeout,
        ...(pauseInside !== undefined && { idle_in_transaction_session_timeout: pauseInside }),
        synchronous_commit: durable ? "on" : "off",
        default_transaction_isolation: "read committed",
        client_min_messages: "warning",
        // Every list is read in the order of its index. On tables without statistics the planner would rather
        // gather all that is left and sort it, again for each page.
        enable_bitmapscan: "off",
        tcp_keepalives_idle: 10,
        tcp_keepalives_interval: 5,
        tcp_keepalives_count: 3,
      },
    });
  } catch {
    throw new StoreError(
      "unavailable",
      "expected a database URL such as `postgres://user@host/database`",
      "no",
    );
  }
}
