import { readSession, type SessionDocument } from "./session-document.ts";

export interface Stream {
  close(): void;
}

/**
 * The stream of one's own session, held by one window for all. What it brings is never taken as it is: it says when to
 * ask. `changed`: the session is another than `held`. `broken`: it was cut, and opens again by itself.
 * `refused`: it is closed for good.
 */
export function openStream(
  address: string,
  held: () => SessionDocument | null,
  on: {
    readonly changed: (session: SessionDocument) => void;
    readonly broken: () => void;
    readonly refused: () => void;
  },
): Stream {
  const source = new EventSource(address);
  const saying = (session: SessionDocument | null): string =>
    JSON.stringify({ ...session?.whole, now: null });
  source.addEventListener("session", ({ data }) => {
    const session = readSession(parsed(data));
    if (session === null) return;
    if (saying(session) !== saying(held())) on.changed(session);
    // It ends here, and would be asked for again and again.
    if (session.state !== "live") {
      source.close();
      on.refused();
    }
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) on.refused();
    else on.broken();
  });
  return { close: () => source.close() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
