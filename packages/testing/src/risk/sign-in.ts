/** One row with the fifteen columns of the published data set of sign-ins (das-group/rba-dataset), by their names. */
export interface SignIn {
  readonly address: string;
  readonly country: string;
  readonly region: string;
  readonly city: string;
  readonly asn: number;
  readonly agent: string;
  readonly system: string;
  readonly browser: string;
  readonly deviceType: string;
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly roundTrip: number | null;
  readonly successful: boolean;
  readonly attackAddress: boolean;
  readonly takenOver: boolean;
}

export const COLUMNS: Readonly<Record<keyof SignIn, string>> = {
  address: "IP Address",
  country: "Country",
  region: "Region",
  city: "City",
  asn: "ASN",
  agent: "User Agent String",
  system: "OS Name and Version",
  browser: "Browser Name and Version",
  deviceType: "Device Type",
  user: "User ID",
  at: "Login Timestamp",
  roundTrip: "Round-Trip Time [ms]",
  successful: "Login Successful",
  attackAddress: "Is Attack IP",
  takenOver: "Is Account Takeover",
};

/** A sign-in of the person themselves, as far as the data set knows. */
export function isOwn({ successful, attackAddress, takenOver }: SignIn): boolean {
  return successful && !attackAddress && !takenOver;
}
