import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { ActiveToxic } from './active-toxic.ts';
import { decideRequest } from './http/choose-faults.ts';
import { isHttpKind, type HttpToxicKind } from './http/http-toxic.ts';
import { hasTimesLeft, isTurn } from './http/matcher.ts';
import type { ConnectionDecision } from './decision-log.ts';
import { DryClock } from './dry-clock.ts';
import type { Attributes, Decision, ToxicStage } from './toxics/toxic.ts';
import { Turns } from './turns.ts';

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

/** A list has an end: decisions, chunks, pieces and timers together. */
const mostSteps = 200_000;

interface Surroundings {
  readonly clock: Clock;
  readonly chanceOf: (connection: number) => Random;
}

/**
 * What will be left to chance, and how it will come out, at the toxic's present settings: its own code is run on connections that do not
 * exist, from the same seeds. What happens then is the same as long as bytes come in such chunks, the settings stay and, where `after`, `nth` or `times`
 * are given, requests that match come on one connection after the other.
 */
export async function rehearse(
  toxic: ActiveToxic,
  request: RehearsalRequest & { readonly from: number },
  { clock, chanceOf }: Surroundings,
): Promise<Rehearsed> {
  const { from, connections } = request;
  const decisions: ConnectionDecision[] = [];
  const work = new Work(clock);
  const counts = isHttp(toxic) ? { matched: toxic.requestsMatched, chosen: toxic.requestsChosen } : undefined;
  for (let connection = from; connection < from + connections && !work.isOver; connection++) {
    // Those get to no connection: the door is shut to all clients, or to none.
    if (toxic.kind.door) break;
    const random = chanceOf(connection);
    const note = (decision: Decision): void => {
      work.step();
      if (!work.isOver) decisions.push({ connection, ...decision });
    };
    if (isHttp(toxic) && counts) await ask(toxic, { ...request, random, note, work, counts });
    else {
      const roll = toxic.decideToxicity(random);
      note(roll);
      if (roll.outcome === true) await pass(toxic, { ...request, random, note, work });
    }
    await work.pause();
  }
  return { proxy: toxic.proxy, toxic: toxic.name, from, connections, isWhole: !work.isOver, decisions };
}

/** What a rehearsal may still do. */
class Work extends Turns {
  #left = mostSteps;

  get isOver(): boolean {
    return this.#left < 0;
  }

  step(): void {
    this.#left -= 1;
  }
}

function isHttp(toxic: ActiveToxic): toxic is ActiveToxic<HttpToxicKind> {
  return isHttpKind(toxic.kind);
}

interface Passage extends RehearsalRequest {
  readonly random: Random;
  readonly note: (decision: Decision) => void;
  readonly work: Work;
}

/** Lets requests that match come on a connection that is not there. */
async function ask(
  toxic: ActiveToxic<HttpToxicKind>,
  passage: Passage & { readonly counts: { matched: number; chosen: number } },
): Promise<void> {
  const { random, note, work, counts, requests } = passage;
  const { attributes } = toxic;
  for (let number = 1; number <= requests && !work.isOver; number++) {
    counts.matched += 1;
    work.step();
    await work.pause();
    if (!isTurn(attributes, counts.matched) || !hasTimesLeft(attributes, counts.chosen)) continue;
    if (decideRequest(toxic, { number, random, nowMs: 0, note })) counts.chosen += 1;
  }
}

/** Lets bytes pass one connection that is not there. */
async function pass(toxic: ActiveToxic, { random, note, work, bytes, chunkBytes }: Passage): Promise<void> {
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
    ...{ clock, random, decided: note, forward: () => work.step(), end: nothing, altered: nothing },
    ...{ close, closeBehind: close, reset: close },
  });
  const goesOn = (): boolean => !work.isOver && !isClosed;
  // Nobody changes what passes.
  const chunk = Buffer.alloc(chunkBytes);
  for (let passed = 0; passed < bytes && goesOn(); passed += chunkBytes) {
    stage.chunk(chunk.subarray(0, bytes - passed));
    do {
      work.step();
      await work.pause();
    } while (goesOn() && clock.jump());
  }
  stage.discard();
}
