import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** This package, whether it runs from source or from what was built. */
const PACKAGE = join(import.meta.dirname, "../..");

export const POLICY: string = join(PACKAGE, "policy");

/** The tour's text: the docs' own in a checkout, a copy beside what was built in a package. */
export const TOUR: string =
  [join(PACKAGE, "../../docs/tour.md"), join(PACKAGE, "dist/tour.md")].find(existsSync) ??
  join(PACKAGE, "dist/tour.md");

/** The folder that holds the `postern` command that belongs to this package. */
export const COMMANDS: string = commandsNear(PACKAGE);

function commandsNear(start: string): string {
  for (let folder = start; dirname(folder) !== folder; folder = dirname(folder)) {
    const found = join(folder, "node_modules/.bin");
    if (existsSync(join(found, "postern"))) return found;
  }
  return join(start, "node_modules/.bin");
}
