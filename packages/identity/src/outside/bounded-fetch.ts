const TIMEOUT_MS = 5_000;
const LONGEST = 262_144;

/** An answer is longer than is read: fewer things may be asked for at a time. */
export class AnswerTooLong extends RangeError {
  override readonly name = "AnswerTooLong";
}

/** A request to another party: short (in milliseconds), without redirects, and of an answer no more than a quarter of a megabyte. */
export async function boundedFetch(
  address: string,
  options: object,
  timeout: number = TIMEOUT_MS,
): Promise<Response> {
  const given = options as RequestInit;
  const limit = AbortSignal.timeout(timeout);
  const signal =
    given.signal === undefined || given.signal === null ? limit : AbortSignal.any([limit, given.signal]);
  const answer = await fetch(address, { ...given, redirect: "manual", signal });
  const { body } = answer;
  if (body === null) return answer;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > LONGEST) throw new AnswerTooLong("an answer is too long");
    parts.push(new Uint8Array(part));
  }
  const { status, statusText, headers } = answer;
  return new Response(new Blob(parts), { status, statusText, headers });
}
