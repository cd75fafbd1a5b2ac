/** Answers each line on standard input with the microseconds of processor time that this process has used so far. */
export function tellCpu(): void {
  process.stdin.on("data", () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${user + system}\n`);
  });
}
