import { readFileSync } from "node:fs";
import { openidUpstream, readUpstreams, type Upstream } from "@postern/identity";
import type { World } from "@postern/service";
import { ConfigError } from "../config/load.ts";
import type { Config } from "../config/settings.ts";

/**
 * The identity providers at which people may sign in; none where the configuration names none.
 *
 * @throws ConfigError where the file cannot be read or says something else.
 */
export function upstreamsOf(
  { upstreams }: Pick<Config, "upstreams">,
  world: Pick<World, "wall" | "monotonic">,
): readonly Upstream[] {
  if (upstreams === null) return [];
  let text: string;
  try {
    text = readFileSync(upstreams, "utf8");
  } catch {
    throw new ConfigError([`POSTERN_UPSTREAMS: expected a file that can be read, got \`${upstreams}\``]);
  }
  const read = readUpstreams(text);
  if (!read.ok) throw new ConfigError([`POSTERN_UPSTREAMS: ${read.refusal}`]);
  return read.value.map((one) => openidUpstream(one, { now: world.wall, monotonic: world.monotonic }));
}
