const mark = Symbol('a turn of the virtual clock');

/** Marks a callback of the event loop as the clock's own, so that it is not taken for somebody who waits in real time. */
export function markTurn(turn: () => void): void {
  Reflect.set(turn, mark, true);
}

/** Whether an immediate of the platform is a turn of the virtual clock. */
export function isTurn(immediate: object): boolean {
  // Where the platform does not show the callback, nobody is accused.
  const callback: unknown = Reflect.get(immediate, '_onImmediate');
  return typeof callback !== 'function' || Reflect.has(callback, mark);
}
