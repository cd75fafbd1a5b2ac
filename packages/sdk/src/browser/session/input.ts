const KINDS = ["pointerdown", "keydown", "touchstart", "wheel"] as const;

/**
 * Calls for what a person does with a key, a pointer or a finger. A pointer that only moves does not count: a desk that
 * shakes moves it too. Events that a script made do not count.
 */
export function watchInput(act: () => void, signal: AbortSignal): void {
  for (const kind of KINDS) {
    addEventListener(
      kind,
      ({ isTrusted }) => {
        if (isTrusted) act();
      },
      { capture: true, signal },
    );
  }
}
