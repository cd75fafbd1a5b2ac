export { anyScene, honouredScene, optOutBy } from "./arbitrary.ts";
export { idOf } from "./id.ts";
export { after, anOptOut, NOW } from "./opt-out.ts";
export {
  anOffer,
  aProtection,
  DAY,
  HOUR,
  policyOf,
  ruleOf,
  scopeOf,
} from "./policy.ts";
export {
  aLock,
  aRequest,
  aScene,
  aSession,
  decideScene,
  explainScene,
  factsOf,
  isOpen,
  type Scene,
} from "./scene.ts";
