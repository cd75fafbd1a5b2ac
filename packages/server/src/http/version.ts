import type { FastifyReply, FastifyRequest } from "fastify";
import { refused } from "../problem/document.ts";

/** The version that an edit was made on, from `If-Match` (RFC 9110 section 13.1.1); null where nothing was stated. */
export function versionOf({ headers }: Pick<FastifyRequest, "headers">): number | null {
  const header = headers["if-match"];
  if (header === undefined || header === "*") return null;
  const version = /^"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined) {
    throw refused("request.malformed", 'If-Match: expected a version such as `"3"`, from an ETag');
  }
  return Number(version);
}

export function tag(reply: FastifyReply, version: number): void {
  reply.header("etag", `"${version}"`);
}
