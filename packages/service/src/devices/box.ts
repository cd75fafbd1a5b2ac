import type { Device, DeviceRef, SubjectRef } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { DeviceKey } from "../ports/device-proof.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** What a person calls a device, and what its proofs are checked with. Both go with the person's key. */
export interface OpenedDevice {
  readonly label: string;
  readonly key: DeviceKey;
}

export function sealDevice(
  { keys, pool }: { readonly keys: Keyring; readonly pool: RandomPool },
  subject: SubjectRef,
  id: DeviceRef,
  opened: OpenedDevice,
): string {
  const key = keys.get(subject);
  if (key === null) throw new TypeError(`there is no key for \`${subject}\``);
  const plain = Buffer.from(JSON.stringify(opened), "utf8");
  return Buffer.from(sealBox(key, plain, `device:${id}`, pool)).toString("base64");
}

/** Null: its person's key is gone. */
export function openDevice({ keys }: { readonly keys: Keyring }, device: Device): OpenedDevice | null {
  const key = keys.get(device.subject);
  if (key === null || device.box === "") return null;
  const plain = openBox(key, Buffer.from(device.box, "base64"), `device:${device.id}`);
  return plain === null ? null : (JSON.parse(Buffer.from(plain).toString("utf8")) as OpenedDevice);
}
