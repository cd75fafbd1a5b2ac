export function fencedText(epoch: number): string {
  return `this log goes on elsewhere, in epoch ${epoch}, from a backup that was restored; this node is fenced off and records nothing`;
}
