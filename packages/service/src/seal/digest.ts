/**
 * A keyed, order-free digest of a set of rows: the sum of their hidden elements modulo 2^256. A row is added
 * and taken away in constant time, whatever the order. An empty set is zero.
 */
export interface Digest {
  add(element: Uint8Array): void;
  subtract(element: Uint8Array): void;
  text(): string;
  copy(): Digest;
}

const LIMBS = 8;

export function digest(from: string = "0".repeat(64)): Digest {
  const limbs = new Uint32Array(LIMBS);
  for (let limb = 0; limb < LIMBS; limb++) {
    limbs[limb] = Number.parseInt(from.slice(64 - 8 * (limb + 1), 64 - 8 * limb), 16);
  }
  return over(limbs);
}

function over(limbs: Uint32Array): Digest {
  const limbOf = (element: Uint8Array, limb: number): number => {
    const at = 32 - 4 * (limb + 1);
    return (
      (((element[at] ?? 0) << 24) |
        ((element[at + 1] ?? 0) << 16) |
        ((element[at + 2] ?? 0) << 8) |
        (element[at + 3] ?? 0)) >>>
      0
    );
  };
  return {
    add(element) {
      let carry = 0;
      for (let limb = 0; limb < LIMBS; limb++) {
        const sum = (limbs[limb] ?? 0) + limbOf(element, limb) + carry;
        limbs[limb] = sum;
        carry = sum > 0xffff_ffff ? 1 : 0;
      }
    },
    subtract(element) {
      let borrow = 0;
      for (let limb = 0; limb < LIMBS; limb++) {
        const difference = (limbs[limb] ?? 0) - limbOf(element, limb) - borrow;
        limbs[limb] = difference;
        borrow = difference < 0 ? 1 : 0;
      }
    },
    text() {
      let text = "";
      for (let limb = LIMBS - 1; limb >= 0; limb--) text += (limbs[limb] ?? 0).toString(16).padStart(8, "0");
      return text;
    },
    copy: () => over(limbs.slice()),
  };
}
