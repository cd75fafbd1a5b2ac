/** What is told of a database that has less than this node has seen of it. */
export function wentBack(has: number, known: number): string {
  return `the database went back behind what this node has seen: it has ${has} entries, and this node knew ${known}; put the newest database back, or accept the loss with \`postern node accept-loss\``;
}
