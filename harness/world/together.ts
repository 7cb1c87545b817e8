/**
 * Runs several starts side by side. When one fails, the others are told to give up by their signal and waited for, so that nothing is still
 * starting when the failure is handled; the first failure is thrown.
 */
export async function togetherOrNot<const Work extends readonly Promise<unknown>[]>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => Work,
): Promise<{ [Index in keyof Work]: Awaited<Work[Index]> }> {
  const givingUp = new AbortController();
  const works = start(AbortSignal.any([signal, givingUp.signal]));
  try {
    return await Promise.all(works);
  } catch (cause) {
    givingUp.abort(cause);
    await Promise.allSettled(works);
    throw cause;
  }
}
