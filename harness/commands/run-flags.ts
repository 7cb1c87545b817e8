import { GamedayError } from '../kit/errors.ts';
import { shellWord } from '../kit/shell-word.ts';
import type { Pace } from '../plan.ts';
import type { WorldName } from '../surroundings.ts';

/** What `gameday run` was asked for, as its options say it. */
export interface RunFlags {
  readonly seed?: number;
  readonly seeds?: readonly number[];
  /** How many processes share the runs of many seeds. */
  readonly jobs?: number;
  readonly pace: Pace;
  readonly world: WorldName;
  readonly rate?: number;
  readonly interleave?: boolean;
  readonly standIns?: boolean;
  readonly target?: string;
  readonly defect?: string;
  readonly reporter?: string;
  readonly out?: string;
}

/**
 * Looks whether the flags go together.
 *
 * @throws GamedayError `usage` with every one that does not, and why
 */
export function checkRunFlags(flags: RunFlags): void {
  const problems: string[] = [];
  if (flags.interleave === true && flags.world === 'local')
    problems.push(
      '--interleave needs --world simulated: in real time the machine decides what comes first, and no seed can.',
    );
  const { jobs } = flags;
  if (jobs !== undefined && flags.seeds === undefined)
    problems.push('--jobs shares the runs of many seeds among processes: it needs --seeds.');
  if (jobs === 0) problems.push('--jobs has to be at least 1.');
  if (jobs !== undefined && jobs > 1 && flags.world === 'local')
    problems.push(
      '--jobs above 1 needs --world simulated: runs in real time would share the machine and disturb each other’s timing.',
    );
  const [first] = problems;
  if (first !== undefined) throw new GamedayError('usage', first, { problems });
}

/** The command that repeats a run. */
export function replayCommand(name: string, seed: number, flags: RunFlags): string {
  const parts = ['npx gameday run', name, `--seed ${seed}`];
  if (flags.pace !== 'quick') parts.push(`--pace ${flags.pace}`);
  if (flags.rate !== undefined && flags.rate !== 1) parts.push(`--rate ${flags.rate}`);
  if (flags.target !== undefined) parts.push(`--target ${shellWord(flags.target)}`);
  if (flags.world !== 'local') parts.push(`--world ${flags.world}`);
  else if (flags.standIns === true) parts.push('--stand-ins');
  if (flags.interleave === true) parts.push('--interleave');
  if (flags.defect !== undefined) parts.push(`--defect ${flags.defect}`);
  if (flags.out !== undefined) parts.push(`--out ${shellWord(flags.out)}`);
  return parts.join(' ');
}
