import { PosternUnavailable } from "./problem.ts";

/** Largest answer that is held in memory at once, in bytes. Longer ones are streams. */
const LONGEST = 8 * 1024 * 1024;

/** Reads a text of bounded length, so that a broken or hostile server cannot fill the memory. */
export async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > LONGEST) {
      await reader.cancel();
      throw new PosternUnavailable("garbled", `expected at most ${LONGEST} bytes`, {
        status: response.status,
      });
    }
    text += decode(decoder, value, response.status);
  }
  return text + decode(decoder, undefined, response.status);
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Uint8Array | undefined,
  status: number,
): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new PosternUnavailable("garbled", "expected UTF-8", { status, cause });
  }
}

/** Reads a JSON answer; null for 204. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response);
  if (text === "" && response.status === 204) return null;
  const type = mediaType(response);
  if (type !== "application/json" && !type.endsWith("+json")) {
    throw new PosternUnavailable("garbled", `expected JSON, got \`${type}\``, { status: response.status });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PosternUnavailable("garbled", "expected JSON that parses", { status: response.status, cause });
  }
}

export function mediaType(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** The lines of a stream of UTF-8, without their ends. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = stream.getReader();
  let held = "";
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await broken(reader.read());
      if (done) break;
      const lines = (held + decode(decoder, value, 200)).split("\n");
      held = lines.pop() ?? "";
      if (held.length > LONGEST) throw new PosternUnavailable("garbled", "expected shorter lines");
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    held += decode(decoder, undefined, 200);
    whole = true;
    if (held !== "") yield held;
  } finally {
    if (!whole) await reader.cancel().catch(() => undefined);
  }
}

async function broken<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new PosternUnavailable("unreachable", "the answer broke off", { cause });
  }
}
