import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where other people's material lies, and how it was found. */
export interface Material {
  readonly directory: string;
  readonly from: "POSTERN_CONFORMANCE_DIR" | "the folder beside the project";
  readonly present: boolean;
}

const BESIDE = fileURLToPath(new URL("../../../../shared/conformance", import.meta.url));

/** `POSTERN_CONFORMANCE_DIR`, else `../shared/conformance` seen from the root of the project. */
export function findMaterial(environment: Readonly<Record<string, string | undefined>>): Material {
  const given = environment.POSTERN_CONFORMANCE_DIR;
  const directory = given === undefined || given === "" ? BESIDE : given;
  return {
    directory,
    from: directory === BESIDE ? "the folder beside the project" : "POSTERN_CONFORMANCE_DIR",
    present: existsSync(directory),
  };
}
