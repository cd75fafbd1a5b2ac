// `npm run build`: the packages as they are published, each a tarball in `build/`, and what must hold of them.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
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
for (const folder of folders) {
  const licence = join(folder, "LICENSE");
  const ours = !existsSync(licence);
  if (ours) cpSync(join(ROOT, "LICENSE"), licence);
  try {
    const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", OUT], folder)) as [
      { readonly filename: string; readonly size: number; readonly entryCount: number },
    ];
    const tarball = join(OUT, packed.filename);
    run("publint", ["run", tarball, "--strict"]);
    run("attw", [tarball, "--profile", "esm-only", "--no-emoji"]);
    console.log(
      `${packed.filename.padEnd(34)} ${String(packed.entryCount).padStart(4)} files ${String(Math.ceil(packed.size / 1024)).padStart(5)} KB   publint and attw find nothing`,
    );
  } finally {
    if (ours) rmSync(licence);
  }
}
console.log(`${folders.length} packages in build/`);
