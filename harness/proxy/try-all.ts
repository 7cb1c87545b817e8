/** Does all of them, one after another, also where some fail; the first failure is thrown at the end. */
export function tryAll(pieces: Iterable<() => void>): void {
  const failures: unknown[] = [];
  for (const piece of pieces) {
    try {
      piece();
    } catch (cause) {
      failures.push(cause);
    }
  }
  if (failures.length > 0) throw failures[0];
}
