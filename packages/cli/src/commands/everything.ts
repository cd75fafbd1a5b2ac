import type { Listing } from "@postern/sdk";
import { UsageError } from "../failure.ts";
import { count } from "../moment.ts";
import type { Run } from "../run.ts";

const DEFAULT_LIMIT = 100;
const PAGE = 100;

/** The first items of a list, over as many pages as it takes, and a word where there are more. */
export async function everything<Item>(
  run: Run,
  limit: string | undefined,
  list: (pageSize: number) => Listing<Item>,
): Promise<readonly Item[]> {
  const most = limit === undefined ? DEFAULT_LIMIT : count(limit, "--limit");
  const found: Item[] = [];
  if (most === 0) throw new UsageError("expected --limit to be at least 1, got `0`");
  for await (const item of list(Math.min(PAGE, most))) {
    if (found.length === most) {
      run.out.note(`only the first ${most === 1 ? "is" : `${most} are`} shown; --limit takes more`);
      break;
    }
    found.push(item);
  }
  return found;
}
