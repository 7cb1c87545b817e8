/** Something that has started and can be stopped; stopping twice is fine. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Collects what has to be undone, and undoes it last first, even if one step fails; the first failure is thrown at the end. */
export class Cleanup implements AsyncDisposable {
  readonly #steps: { what: string; undo: () => void | Promise<void> }[] = [];
  #running: Promise<void> | undefined;

  add(what: string, undo: () => void | Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /** Takes over `started` and returns it. */
  use<T extends Stoppable>(what: string, started: T): T {
    this.add(what, () => started.stop());
    return started;
  }

  stop(): Promise<void> {
    this.#running ??= this.#undoAll();
    return this.#running;
  }

  /** Throws nothing that a `stop()` before has thrown: whoever called that has heard of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#running?.catch(() => undefined) ?? this.stop());
  }

  async #undoAll(): Promise<void> {
    const failures: Error[] = [];
    for (const step of this.#steps.reverse()) {
      try {
        await step.undo();
      } catch (cause) {
        failures.push(new Error(`Could not stop ${step.what}.`, { cause }));
      }
    }
    const [first, ...others] = failures;
    if (first) throw others.length === 0 ? first : new AggregateError(failures, first.message, { cause: first });
  }
}
