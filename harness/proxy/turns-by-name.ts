/** Work for many names: that for one name is done one piece after another, and never waits for another name. */
export class TurnsByName {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does it when all that was asked for that name before is done, well or not. */
  async take<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const turn = result.catch(() => undefined);
    this.#last.set(name, turn);
    try {
      return await result;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
