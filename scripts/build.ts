// `npm run build`: the packages as they are published, each a tarball in `build/`, and what must hold of them.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { publishedManifest } from "./published-manifest.ts";
import { ROOT } from "./root.ts";

const OUT = join(ROOT, "build");

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
}

function run(command: string, args: readonly string[], cwd: string = ROOT): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  console.error(`${command} ${args.join(" ")} failed\n${stdout ?? ""}${stderr ?? error?.message ?? ""}`);
  process.exit(1);
}

function published(): readonly string[] {
  const folders = ["packages", "examples"].flatMap((room) =>
    readdirSync(join(ROOT, room)).map((name) => join(ROOT, room, name)),
  );
  return folders.filter((folder) => {
    const path = join(folder, "package.json");
    return existsSync(path) && (JSON.parse(readFileSync(path, "utf8")) as Manifest).private !== true;
  });
}

const folders = published();
// What a file left behind must not be published: the output is made anew.
for (const folder of folders) rmSync(join(folder, "dist"), { recursive: true, force: true });
run("tsc", ["-b", "--force"]);
copyFileSync(join(ROOT, "docs/tour.md"), join(ROOT, "examples/shop/dist/tour.md"));

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT);
/** What is packed is a copy: its manifest says only what is in the package. */
function staged(folder: string): string {
  const stage = join(OUT, "staged", basename(folder));
  cpSync(folder, stage, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
  if (!existsSync(join(stage, "LICENSE"))) cpSync(join(ROOT, "LICENSE"), join(stage, "LICENSE"));
  const manifest = join(stage, "package.json");
  writeFileSync(manifest, publishedManifest(readFileSync(manifest, "utf8")));
  return stage;
}

for (const folder of folders) {
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", OUT], staged(folder)),
  ) as [{ readonly filename: string; readonly size: number; readonly entryCount: number }];
  const tarball = join(OUT, packed.filename);
  run("publint", ["run", tarball, "--strict"]);
  run("attw", [tarball, "--profile", "esm-only", "--no-emoji"]);
  console.log(
    `${packed.filename.padEnd(34)} ${String(packed.entryCount).padStart(4)} files ${String(Math.ceil(packed.size / 1024)).padStart(5)} KB   publint and attw find nothing`,
  );
}
rmSync(join(OUT, "staged"), { recursive: true });
console.log(`${folders.length} packages in build/`);
