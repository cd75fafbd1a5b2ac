import { isAscii, isUtf8 } from "node:buffer";
import { accept, type Result, refuse } from "@postern/core";
import { scanJson } from "./scan.ts";

/** Reads JSON strictly: UTF-8, no nesting bombs, no doubled or prototype keys. Says why where it cannot. */
export function parseJson(bytes: Buffer): Result<unknown, string> {
  if (bytes.length === 0) return refuse("expected a JSON body, got nothing");
  const plain = isAscii(bytes);
  if (!plain && !isUtf8(bytes)) return refuse("expected UTF-8");
  const text = bytes.toString(plain ? "latin1" : "utf8");
  const found = scanJson(text);
  if (found !== null) return refuse(found);
  try {
    return accept(JSON.parse(text));
  } catch {
    return refuse("expected JSON");
  }
}
