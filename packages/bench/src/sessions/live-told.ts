/** What a node told of itself after its start. Megabytes are millions of bytes. */
export interface LiveTold {
  readonly seconds: number;
  /** Of all threads together, until it had started. */
  readonly cpuSeconds: number;
  readonly residentMb: number;
  readonly collectedMb: number;
  readonly heapMb: number;
  readonly stallMs: number;
}
