import { StoreError } from "@postern/service";
import postgres from "postgres";
import { faultOf } from "./fault.ts";

export type Row = { readonly [column: string]: unknown };

/** A pool of one or more connections on which statements are prepared once. */
export interface Connection {
  /** @throws StoreError */
  query(statement: string, values?: readonly (string | null)[]): Promise<readonly Row[]>;
  /** Several statements at once, without values. */
  script(statements: string): Promise<void>;
  /** Hears notifications on a connection of its own that is opened again when it is lost. */
  listen(channel: string, heard: (payload: string) => void): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly connections: number;
  /** Milliseconds after which the server gives a statement up. */
  readonly statementTimeout: number;
  /** False for working state, whose last moments may be lost. */
  readonly durable: boolean;
  /** Milliseconds between two statements of one transaction after which the server gives it up. */
  readonly pauseInside?: number;
  readonly onClose?: () => void;
}

const CONNECT_TIMEOUT_SECONDS = 10;

export function connect(options: ConnectionOptions): Connection {
  const sql = driver(options);
  return {
    async query(statement, values = []) {
      try {
        return (await sql.unsafe(statement, [...values], { prepare: true })) as unknown as readonly Row[];
      } catch (error) {
        throw faultOf(error);
      }
    },
    async script(statements) {
      try {
        await sql.unsafe(statements).simple();
      } catch (error) {
        throw faultOf(error);
      }
    },
    async listen(channel, heard) {
      try {
        await sql.listen(channel, heard);
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
}: ConnectionOptions): postgres.Sql {
  try {
    return postgres(url, {
      max: connections,
      // The lock lives as long as its connection: the driver must not renew connections by itself.
      max_lifetime: null,
      idle_timeout: undefined,
      connect_timeout: CONNECT_TIMEOUT_SECONDS,
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 2),
      fetch_types: false,
      onnotice: () => {},
      ...(onClose && { onclose: onClose }),
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
