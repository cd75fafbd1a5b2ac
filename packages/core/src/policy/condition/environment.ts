import { type ConditionSchema, type Type, typeOfAttribute } from "./type.ts";

/** Where names come from and how strictly types are held. */
export interface Environment {
  readonly variables: ReadonlyMap<string, { readonly slot: number; readonly type: Type }>;
  /**
   * `policy`: every name and type is known, or it is an error.
   * `dynamic`: what is not known is settled at run time, as CEL without a type environment has it.
   * `untyped`: nothing is taken as known, so that every operation is settled at run time.
   */
  readonly mode: "policy" | "dynamic" | "untyped";
}

/** The environment of a policy: variables in the order of the schema, which is the order of the bindings. */
export function policyEnvironment(schema: ConditionSchema): Environment {
  const names = Object.entries(schema.variables);
  return {
    variables: new Map(names.map(([name, type], slot) => [name, { slot, type: typeOfAttribute(type) }])),
    mode: "policy",
  };
}
