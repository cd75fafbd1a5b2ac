/** Brings a code to an address, to see whether its person reads what is sent there. */
export interface AddressCodes {
  /** Whether it can be an address at all. */
  isAddress(text: string): boolean;
  /** False: it could not be sent; nothing of why, which would tell of the address. */
  send(to: string, code: string): Promise<boolean>;
  /** The code of a recovery, with the words by which its page is told from others. False: it could not be sent. */
  recover(to: string, code: string, reference: string): Promise<boolean>;
}
