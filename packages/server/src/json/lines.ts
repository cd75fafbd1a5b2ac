import type { IncomingMessage } from "node:http";
import { StringDecoder } from "node:string_decoder";

/** Lines as they come; `text` is null where a line is longer than `longest` characters. */
export interface Lines {
  readonly lines: AsyncIterableIterator<{ readonly number: number; readonly text: string | null }>;
  /** Bytes of the body that have come. */
  readonly bytes: () => number;
}

/** Ends where more than `most` bytes come; the rest is left where it is. Empty lines are counted and not told. */
export function linesOf(
  body: IncomingMessage,
  limits: { readonly longest: number; readonly most: number },
): Lines {
  let bytes = 0;
  async function* read(): AsyncGenerator<{ readonly number: number; readonly text: string | null }> {
    const decoder = new StringDecoder("utf8");
    let number = 1;
    let rest = "";
    let over = false;
    // The answer goes out on the same connection: leaving the body early must not end it.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > limits.most) return;
      const parts = (rest + decoder.write(chunk as Buffer)).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        if (over || part.length > limits.longest) yield { number, text: null };
        else if (part.trim() !== "") yield { number, text: part };
        over = false;
        number += 1;
      }
      // What is dropped of a long line is not kept for the rest of it.
      if (rest.length > limits.longest) {
        over = true;
        rest = "";
      }
    }
    rest += decoder.end();
    if (over || rest.length > limits.longest) yield { number, text: null };
    else if (rest.trim() !== "") yield { number, text: rest };
  }
  return { lines: read(), bytes: () => bytes };
}
