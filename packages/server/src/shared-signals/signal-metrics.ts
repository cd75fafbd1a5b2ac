import type { Service } from "@postern/service";
import { Gauge, type Registry } from "prom-client";
import type { Receiver, TransmitterStatus } from "./receiver.ts";

const STATES: readonly TransmitterStatus["state"][] = ["unmanaged", "connecting", "connected", "verified"];

/** Whether signals come and are told: of all streams together, so that no label names a receiver. */
export function signalMetrics(
  registers: Registry[],
  streams: Pick<Service["streams"], "counts">,
  receiver: Pick<Receiver, "status">,
): void {
  new Gauge({
    name: "postern_signal_streams",
    help: "Streams over which receivers are told of security events, by how they stand; in_trouble are those whose last push failed.",
    labelNames: ["state"],
    registers,
    async collect(): Promise<void> {
      const { enabled, paused, disabled, inTrouble } = await streams.counts();
      for (const [state, count] of Object.entries({ enabled, paused, disabled, in_trouble: inTrouble }))
        this.set({ state }, count);
    },
  });
  new Gauge({
    name: "postern_signal_stream_entries_behind",
    help: "Entries of the ledger that the stream which is furthest behind has not come past.",
    registers,
    async collect(): Promise<void> {
      this.set((await streams.counts()).entriesBehind);
    },
  });
  new Gauge({
    name: "postern_signal_events_given_up",
    help: "Events that receivers of the present streams refused for good.",
    registers,
    async collect(): Promise<void> {
      this.set((await streams.counts()).givenUp);
    },
  });
  new Gauge({
    name: "postern_signal_transmitters",
    help: "Transmitters that are listened to, by how they stand; in_trouble are those that do not work now.",
    labelNames: ["state"],
    registers,
    collect(): void {
      const all = receiver.status();
      for (const state of STATES) this.set({ state }, all.filter((one) => one.state === state).length);
      this.set({ state: "in_trouble" }, all.filter(({ trouble }) => trouble !== null).length);
    },
  });
}
