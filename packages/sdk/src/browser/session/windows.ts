const NAME = "postern-session";

/** Said by one window to the others of this origin. Never more than a hint: whoever hears it asks the server. */
export interface Hint {
  /** Why the session may have ended. Only believed where the server says that it is over, and does not say why. */
  readonly endedBy: string | null;
}

export interface Windows {
  /** One window is elected and tells the others. False: there are no locks here, and each finds out by itself. */
  readonly elects: boolean;
  tell(hint: Hint): void;
  /** Releases the channel and the lead, so that the page may be kept for going back and forth. */
  leave(): void;
}

/** `lead` is called in the one window that is elected to hold the stream. */
export function joinWindows(hear: (hint: Hint) => void, lead: () => void): Windows {
  const left = new AbortController();
  const { signal } = left;
  const heard = (data: unknown): void =>
    hear({ endedBy: typeof data === "string" && data !== "" ? data : null });
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;
  channel?.addEventListener("message", ({ data }) => heard(data), { signal });
  if (channel === null) {
    addEventListener(
      "storage",
      ({ key, newValue }) => {
        if (key === NAME && newValue !== null) heard(newValue.split(" ")[0]);
      },
      { signal },
    );
  }
  const elects = "locks" in navigator;
  if (elects) {
    navigator.locks
      .request(NAME, { signal }, () => {
        lead();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      })
      .catch(() => {});
  }
  return {
    elects,
    tell({ endedBy }) {
      if (channel !== null) return channel.postMessage(endedBy);
      try {
        localStorage.setItem(NAME, `${endedBy ?? ""} ${crypto.randomUUID()}`);
      } catch {
        // Storage that is forbidden or full: each window finds out by asking.
      }
    },
    leave() {
      left.abort();
      channel?.close();
    },
  };
}
