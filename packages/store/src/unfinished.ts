/** What was half put back must answer nothing: what ended since the backup may go on in it. */
export function unfinishedText(place: string): string {
  return `a restore into ${place} was not finished; run the same \`postern restore\` again, which begins anew`;
}
