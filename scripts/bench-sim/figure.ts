/** One measured number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it has to be, where something is promised. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Whether it is what was promised, if anything was. */
export function isMet({ value, bar }: Figure): boolean {
  if (!bar) return true;
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost;
}
