import type { IncomingMessage } from "node:http";
import { type Problem, problem } from "@postern/service";

/** The longest request body, in bytes. */
export const LONGEST_BODY = 65_536;

/** Reads a body up to a limit and calls back once; not at all where the client goes away. */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (body: Buffer | null, refusal: Problem | null) => void,
): void {
  // A request without a body may come as a stream that has ended, which tells nothing any more.
  if (request.readableEnded) {
    done(Buffer.alloc(0), null);
    return;
  }
  let first: Buffer | null = null;
  let more: Buffer[] | null = null;
  let size = 0;
  let over = false;
  request.on("data", (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > limit) {
      over = true;
      done(null, tooLarge(limit));
    } else if (first === null) first = chunk;
    else if (more === null) more = [first, chunk];
    else more.push(chunk);
  });
  request.on("end", () => {
    if (!over) done(more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, size), null);
  });
}

export function tooLarge(limit: number): Problem {
  return problem("request.too_large", `expected at most ${limit} bytes`);
}
