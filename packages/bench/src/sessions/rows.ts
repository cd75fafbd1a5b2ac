import type { Row } from "../row.ts";
import { fanOutRows } from "./fan-out.ts";
import { sessionGateRows } from "./gate.ts";
import { withdrawalRows } from "./withdrawal.ts";

export async function sessionRows(): Promise<readonly Row[]> {
  return [...(await fanOutRows([100, 1_000])), ...(await sessionGateRows()), ...withdrawalRows()];
}
