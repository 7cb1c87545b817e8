/** Counts records that are being worked on, and tells when few are left. */
export class RecordsInHand {
  #count = 0;
  #waiting: { readonly most: number; readonly resolve: () => void }[] = [];

  /** Counts until `work` has settled; returns it. */
  hold<T>(work: Promise<T>): Promise<T> {
    this.#count++;
    const settle = (): void => {
      this.#count--;
      this.#waiting = this.#waiting.filter(({ most, resolve }) => {
        if (this.#count > most) return true;
        resolve();
        return false;
      });
    };
    work.then(settle, settle);
    return work;
  }

  /** Resolves when at most so many are left. */
  downTo(most: number): Promise<void> {
    if (this.#count <= most) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ most, resolve }));
  }
}
