/** Policy tests live beside the policy, in files whose names say so. */
export function isTestFile(path: string): boolean {
  return /_test\.(ya?ml|json)$/.test(path);
}
