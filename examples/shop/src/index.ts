export { type ReadCode, readCode } from "./read-code.ts";
export { SAMPLE_DEVICES, SAMPLE_PEOPLE, type SampleDevice, type SamplePerson } from "./sample.ts";
export { createSessions, type Sessions } from "./sessions.ts";
export { type RunningShop, type ShopConfig, startShop } from "./shop.ts";
