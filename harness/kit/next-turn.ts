/**
 * Calls back once everything that is ready by now has had its turn in this process: for work on real sockets that takes turns, where a clock has nothing to
 * say, as no time has to pass. Not in simulated runs, whose turns are the virtual clock's.
 */
export function inNextTurn(callback: () => void): void {
  setImmediate(callback);
}
