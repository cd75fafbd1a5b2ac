/** People, devices and goods that are made up. The passwords are printed in the documents: never use them. */
export interface SamplePerson {
  readonly name: string;
  readonly label: string;
  readonly password: string;
  readonly roles: readonly string[];
}

export const SAMPLE_PEOPLE: readonly SamplePerson[] = [
  { name: "ana", label: "Ana Abreu", password: "ana-sample-password", roles: ["customer", "staff"] },
  { name: "ben", label: "Ben Okafor", password: "ben-sample-password", roles: ["staff", "approver"] },
  { name: "cleo", label: "Cleo Martin", password: "cleo-sample-password", roles: ["customer"] },
  { name: "olga", label: "Olga Lind", password: "olga-sample-password", roles: ["owner"] },
];

export interface SampleDevice {
  readonly id: string;
  readonly label: string;
  readonly shared: boolean;
  readonly managed: boolean;
}

export const SAMPLE_DEVICES: readonly SampleDevice[] = [
  { id: "ana-laptop", label: "Ana's laptop", shared: false, managed: true },
  { id: "lobby-screen", label: "The screen in the lobby", shared: true, managed: true },
];

export interface Good {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** In cents. */
  readonly price: number;
}

export const GOODS: readonly Good[] = [
  {
    id: "brass-lamp",
    name: "Brass lamp",
    text: "For a desk near a window. Takes a candle or a bulb.",
    price: 6400,
  },
  {
    id: "oak-stool",
    name: "Oak stool",
    text: "Three legs, oiled, made by two people in Porto.",
    price: 8900,
  },
  {
    id: "sail-bag",
    name: "Sail bag",
    text: "Cut from a sail that crossed the bay for nine years.",
    price: 4200,
  },
  {
    id: "tide-clock",
    name: "Tide clock",
    text: "One hand. Shows high and low water, and nothing else.",
    price: 11_500,
  },
];

export const MONTHS: readonly { readonly month: string; readonly orders: number; readonly sales: number }[] =
  [
    { month: "July", orders: 311, sales: 2_114_000 },
    { month: "August", orders: 287, sales: 1_903_500 },
    { month: "September", orders: 342, sales: 2_390_200 },
    { month: "October", orders: 365, sales: 2_511_900 },
  ];

export function euros(cents: number): string {
  return new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" }).format(cents / 100);
}
