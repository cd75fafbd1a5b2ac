import type { WrappedKey } from "../ports/store.ts";
import { randomPool } from "../seal/box.ts";
import { deploymentKeys } from "../seal/master.ts";
import { keyring } from "./keyring.ts";

/** Whether the newest wrapping key of these opens with a master key (32 bytes). False where there is none. */
export function keyringOpens(masterKey: Uint8Array, keys: readonly WrappedKey[]): boolean {
  const found = keyring(
    deploymentKeys(masterKey).wrap,
    randomPool(() => {
      throw new TypeError("a keyring that is only read makes no keys");
    }),
  );
  found.hold(keys);
  const newest = found.wrappingEpoch();
  return newest > 0 && found.get(`wrapping/${newest}`) !== null;
}
