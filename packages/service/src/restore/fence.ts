/** The epoch in which the log goes on elsewhere, where its last entry says so; null: it goes on here. */
export function fenceOf(lastEntry: string | null): number | null {
  if (lastEntry === null || !lastEntry.includes('"epoch.fenced"')) return null;
  const { type, data } = JSON.parse(lastEntry) as {
    readonly type?: string;
    readonly data?: { epoch?: unknown };
  };
  return type === "epoch.fenced" && typeof data?.epoch === "number" ? data.epoch : null;
}

export function fencedText(epoch: number): string {
  return `this log goes on elsewhere, in epoch ${epoch}, from a backup that was restored; this node is fenced off and records nothing`;
}
