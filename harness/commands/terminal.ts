import { GamedayError, messageOf } from '../kit/errors.ts';
import { redactText } from '../redact.ts';

/** Where a command writes, handed in so that tests can read it. */
export interface Terminal {
  /** Results, on standard output. */
  print(text: string): void;
  /** Progress and problems, on standard error. */
  say(text: string): void;
  /** Shows a line that the next one replaces; where output is not a terminal, nothing. */
  transient(text: string): void;
  readonly isTerminal: boolean;
  readonly color: boolean;
}

export function processTerminal(): Terminal {
  const isTerminal = isTty(process.stderr);
  const clear = (): void => {
    if (isTerminal) process.stderr.write('\r\u001b[K');
  };
  return {
    isTerminal,
    color: isTty(process.stdout) && process.env['NO_COLOR'] === undefined,
    print: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    say: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    transient: (text) => {
      if (isTerminal) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
    },
  };
}

/** Where a stream is no terminal the property is missing; and a colour that nobody chose would be on where CI is set. */
function isTty({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true;
}

/** An error as a person wants to read it: what failed, every problem, what to do. Without credentials: a target's last words may be in it. */
export function describeError(cause: unknown): string {
  return redactText(describe(cause));
}

function describe(cause: unknown): string {
  if (!(cause instanceof GamedayError)) {
    return `gameday broke: ${cause instanceof Error ? (cause.stack ?? cause.message) : messageOf(cause)}\nThis is a defect of gameday, not of your target.`;
  }
  const listed = cause.problems.filter((problem) => problem !== cause.message).map((problem) => `  - ${problem}`);
  return [cause.message, ...listed, ...(cause.hint === undefined ? [] : [cause.hint])].join('\n');
}
