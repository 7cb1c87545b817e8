import type { Random } from '../kit/random.ts';
import type { ActiveToxic } from './active-toxic.ts';
import { decideRequest } from './http/choose-faults.ts';
import { isHttpKind, type HttpToxicKind } from './http/http-toxic.ts';
import type { ConnectionDecision } from './decision-log.ts';
import { DryClock } from './dry-clock.ts';
import type { Attributes, Decision, ToxicStage } from './toxics/toxic.ts';

/** What is to be found out of a toxic before it happens. */
export interface RehearsalRequest {
  /** The number of the first connection; default the next one. */
  readonly from?: number | undefined;
  /** How many connections from there on; default 10. */
  readonly connections: number;
  /** How many bytes pass the toxic on each; default 0, which leaves the toxicity as the only thing to be decided. */
  readonly bytes: number;
  /** Of toxics that are done to requests: how many that match there are on each connection; default 10. */
  readonly requests: number;
  /** In chunks of how many bytes they come, which is what jitter and packet loss go by; default 65,536. */
  readonly chunkBytes: number;
}

export interface Rehearsed {
  readonly proxy: string;
  readonly toxic: string;
  readonly from: number;
  readonly connections: number;
  /** Whether these are all; a long list is cut off. */
  readonly isWhole: boolean;
  readonly decisions: readonly ConnectionDecision[];
}

/** The server does nothing else meanwhile, so there is an end to it: decisions, chunks and timers together. */
const mostSteps = 200_000;

/**
 * What will be left to chance, and how it will come out, at the toxic's present settings: its own code is run on connections that do not
 * exist, from the same seeds. What happens then is the same as long as bytes come in such chunks and the settings stay.
 */
export function rehearse(
  toxic: ActiveToxic,
  request: RehearsalRequest & { readonly from: number },
  chanceOf: (connection: number) => Random,
): Rehearsed {
  const { from, connections } = request;
  const decisions: ConnectionDecision[] = [];
  const budget = { steps: mostSteps };
  for (let connection = from; connection < from + connections && budget.steps > 0; connection++) {
    const random = chanceOf(connection);
    const note = (decision: Decision): void => {
      budget.steps -= 1;
      if (budget.steps >= 0) decisions.push({ connection, ...decision });
    };
    if (isHttp(toxic)) {
      for (let number = 1; number <= request.requests && budget.steps > 0; number++)
        decideRequest(toxic, { number, random, nowMs: 0, note });
      continue;
    }
    const roll = toxic.decideToxicity(random);
    note(roll);
    if (roll.outcome === true) pass(toxic, { ...request, random, note, budget });
  }
  return { proxy: toxic.proxy, toxic: toxic.name, from, connections, isWhole: budget.steps > 0, decisions };
}

function isHttp(toxic: ActiveToxic): toxic is ActiveToxic<HttpToxicKind> {
  return isHttpKind(toxic.kind);
}

interface Passage extends RehearsalRequest {
  readonly random: Random;
  readonly note: (decision: Decision) => void;
  readonly budget: { steps: number };
}

/** Lets bytes pass one connection that is not there. */
function pass(toxic: ActiveToxic, { random, note, budget, bytes, chunkBytes }: Passage): void {
  const clock = new DryClock();
  let isClosed = false;
  const close = (): void => {
    isClosed = true;
  };
  const nothing = (): void => undefined;
  const { kind } = toxic;
  if ('layer' in kind) return;
  // Not by the toxic, whose stages may share something with those of real connections.
  const stage: ToxicStage = kind.start(toxic.attributes as Attributes, {
    ...{ clock, random, decided: note, forward: nothing, end: nothing, altered: nothing },
    ...{ close, closeBehind: close, reset: close },
  });
  const goesOn = (): boolean => budget.steps > 0 && !isClosed;
  for (let passed = 0; passed < bytes && goesOn(); passed += chunkBytes) {
    stage.chunk(Buffer.alloc(Math.min(chunkBytes, bytes - passed)));
    do budget.steps -= 1;
    while (goesOn() && clock.jump());
  }
  stage.discard();
}
