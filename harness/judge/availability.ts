import { z } from 'zod';
import type { Sample } from '../observe/observations.ts';
import { judgeBad } from './judge-bad.ts';
import { defineJudge, inconclusive, objectiveSpec, type Named } from './objective.ts';
import { isGood, isShed, noSamples, samplesIn } from './outcomes.ts';
import type { ObjectiveSpec } from './types.ts';
import { DuringSchema, describeDuring, windowsOf } from './windows.ts';
import { figure, percent, samplesHint } from './wording.ts';

const Settings = z.strictObject({
  of: z.string().min(1),
  atLeast: z.number().gt(0).lt(1),
  during: DuringSchema.default('fault'),
  shedCounts: z.enum(['bad', 'left-out']).optional(),
});
const kind = 'availability';

/**
 * At least this share of an operation is good: answered in full, inside its deadline. Default window: all faults. `shedCounts` says what
 * a refusal is: by default bad for interactive work, and left out of the sum for batch work.
 */
export function availability(options: Readonly<z.input<typeof Settings>> & Named): ObjectiveSpec {
  const { name = 'availability', ...settings } = options;
  const when = describeDuring(settings.during ?? 'fault');
  const statement = `At least ${percent(settings.atLeast)} of "${settings.of}" is good ${when}.`;
  return objectiveSpec({ kind, name, statement, settings });
}

export const availabilityJudge = defineJudge({
  kind,
  settings: Settings,
  hardInvariant: false,
  judge: ({ of, atLeast, during, shedCounts }, evidence) => {
    const windows = windowsOf(evidence, during);
    const samples = samplesIn(evidence, { operation: of, windows });
    const when = describeDuring(during);
    if (samples.length === 0) return inconclusive(noSamples(of, when));
    const counted = samples.filter((sample) => !isLeftOut(sample, shedCounts));
    if (counted.length === 0) return inconclusive(`Every "${of}" was refused ${when} (${samples.length} shed).`);
    const judged = judgeBad(counted, { windows, budget: 1 - atLeast });
    const shed = samples.filter(isShed).length;
    const good = 1 - judged.share;
    const hint = judged.outcome === 'inconclusive' ? ` ${samplesHint(judged, windows)}` : '';
    return {
      outcome: judged.outcome,
      finding: `${percent(good)} of "${of}" was good ${when}, limit ${percent(atLeast)} (n = ${judged.count}, ${judged.bad} bad, ${shed} shed).${hint}`,
      figures: [
        figure(`good share of ${of}`, good, 'ratio', atLeast),
        figure('good share, lower bound (95 %)', 1 - judged.upper, 'ratio'),
        figure('good share, upper bound (99 %)', 1 - judged.lower, 'ratio'),
        figure('shed', shed, 'requests'),
      ],
      sampleCount: judged.count,
      counterexamples: judged.outcome === 'fail' ? worstCodes(counted) : [],
    };
  },
});

function isLeftOut(sample: Sample, shedCounts: 'bad' | 'left-out' | undefined): boolean {
  return isShed(sample) && (shedCounts ?? (sample.workClass === 'interactive' ? 'bad' : 'left-out')) === 'left-out';
}

/** How the bad ones ended, the most frequent way first. */
function worstCodes(samples: readonly Sample[]): string[] {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    if (isGood(sample)) continue;
    const { outcome } = sample;
    const how =
      outcome.kind === 'good'
        ? 'good, but late'
        : outcome.kind === 'shed'
          ? `shed (${outcome.status})`
          : `${outcome.kind}: ${outcome.code}`;
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  return [...counts].toSorted(([, left], [, right]) => right - left).map(([how, count]) => `${count} x ${how}`);
}
