import type { StoreErrorCode } from "@postern/service";
import type { Fault } from "./protocol.ts";

/** Carries a fault through the worker: `StoreError` itself is made on the calling thread. */
export class WorkerFault extends Error {
  readonly fault: Fault;
  constructor(code: StoreErrorCode, message: string, persisted: "no" | "unknown" = "no") {
    super(message);
    this.name = "WorkerFault";
    this.fault = { code, message, persisted };
  }
}

/** Primary result codes of SQLite, https://sqlite.org/rescode.html */
export const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
export const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

export function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

export function faultOf(error: unknown, persisted: "no" | "unknown" = "no"): Fault {
  if (error instanceof WorkerFault) return error.fault;
  const reason = error instanceof Error ? error.message : String(error);
  switch (resultCode(error)) {
    case SQLITE_FULL:
      return { code: "full", message: `no space left for the database: ${reason}`, persisted };
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return { code: "corrupt", message: `the database file is damaged: ${reason}`, persisted };
    case SQLITE_BUSY:
      return { code: "unavailable", message: "another program is writing to the database file", persisted };
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return { code: "unavailable", message: `the database file cannot be written: ${reason}`, persisted };
    case SQLITE_CONSTRAINT:
      return { code: "refused", message: `the database refused the write: ${reason}`, persisted };
    default:
      return { code: "unavailable", message: `the database failed: ${reason}`, persisted };
  }
}
