/** Whether a URL's host is this very machine, by a name or an address that leads nowhere else. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
