const FARTHEST = 3;
const LONGEST = 64;

/** The known name that a mistyped one most likely meant; undefined where none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const wanted = plain(name);
  const limit = Math.min(FARTHEST, Math.floor(wanted.length / 2));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const far = distance(wanted, plain(candidate), least);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, "");
}

/** Edits (insert, remove, replace, swap neighbours) from one to the other, or `limit` where they are more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let twoAgo: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? limit) + 1, (row[j - 1] ?? limit) + 1, (last[j - 1] ?? limit) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (twoAgo[j - 2] ?? limit) + 1);
      }
      row.push(cost);
    }
    twoAgo = last;
    last = row;
  }
  return Math.min(last[b.length] ?? limit, limit);
}
