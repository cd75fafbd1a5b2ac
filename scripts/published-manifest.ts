/** The condition under which source is read in place; the source itself is published nowhere. */
const SOURCE = "@postern/source";

/** A manifest without the exports that lead to files that are not in the package. */
export function publishedManifest(text: string): string {
  const manifest = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return `${JSON.stringify({ ...manifest, exports: without(manifest.exports) }, null, 2)}\n`;
}

function without(exported: unknown): unknown {
  if (typeof exported !== "object" || exported === null || Array.isArray(exported)) return exported;
  const kept = Object.entries(exported).filter(([condition]) => condition !== SOURCE);
  return Object.fromEntries(kept.map(([name, value]) => [name, without(value)]));
}
