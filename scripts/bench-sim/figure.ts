/** One measured number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it has to be, where something is promised. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}
