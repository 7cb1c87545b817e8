import type { z } from 'zod';
import type { JsonObject } from '../kit/json.ts';
import type { Figure, ObjectiveVerdict, VerdictOutcome } from '../record.ts';
import type { Evidence, ObjectiveJudge, ObjectiveSpec } from './types.ts';

/** Every builder of an objective takes another name than its default, for a scenario that asks the same thing twice. */
export interface Named {
  /** Kebab-case, unique in the scenario. */
  readonly name?: string;
}

/** What a judge found; the rest of the verdict comes from the spec. */
export interface Finding {
  readonly outcome: VerdictOutcome;
  readonly finding: string;
  readonly sampleCount: number;
  readonly figures?: readonly Figure[];
  /** The worst first; more than ten are cut off. */
  readonly counterexamples?: readonly string[];
}

const mostCounterexamples = 10;

/** Writes an objective down as plain data; settings left undefined are left out. Mistakes in them are reported by `checkObjectives`. */
export function objectiveSpec(parts: {
  kind: string;
  name: string;
  statement: string;
  settings: object;
}): ObjectiveSpec {
  return { ...parts, settings: JSON.parse(JSON.stringify(parts.settings)) as JsonObject };
}

/** Makes a judge from its schema and from what it makes of parsed settings. */
export function defineJudge<Settings extends z.ZodType>(definition: {
  kind: string;
  settings: Settings;
  hardInvariant: boolean;
  judge(settings: z.output<Settings>, evidence: Evidence): Finding;
}): ObjectiveJudge {
  return {
    kind: definition.kind,
    settings: definition.settings,
    judge: (spec, evidence) => {
      const parsed = definition.settings.safeParse(spec.settings);
      const finding = parsed.success
        ? definition.judge(parsed.data, evidence)
        : inconclusive(`Its settings cannot be read: ${problemsOf(parsed.error).join('; ')}.`);
      return verdictOf(spec, definition.hardInvariant, finding);
    },
  };
}

export function verdictOf(spec: ObjectiveSpec, hardInvariant: boolean, finding: Finding): ObjectiveVerdict {
  return {
    name: spec.name,
    kind: spec.kind,
    statement: spec.statement,
    outcome: finding.outcome,
    hardInvariant,
    finding: finding.finding,
    figures: [...(finding.figures ?? [])],
    sampleCount: finding.sampleCount,
    counterexamples: (finding.counterexamples ?? []).slice(0, mostCounterexamples),
  };
}

/** Not enough to go by: never a pass. */
export function inconclusive(finding: string, seen: Partial<Finding> = {}): Finding {
  return { sampleCount: 0, ...seen, outcome: 'inconclusive', finding };
}

/** Every problem of settings, a line each: `atMost: must be a number`. */
export function problemsOf(error: z.ZodError): readonly string[] {
  return error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`);
}

/** The worst outcome of several checks of one objective: fail, then inconclusive, then pass. */
export function worstOf(outcomes: readonly ('pass' | 'fail' | 'inconclusive')[]): 'pass' | 'fail' | 'inconclusive' {
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.length === 0 || outcomes.includes('inconclusive') ? 'inconclusive' : 'pass';
}
