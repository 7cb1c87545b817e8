import { z } from 'zod';
import { GamedayError } from '../kit/errors.ts';
import type { Caller } from '../kit/fetch-within.ts';
import type { JsonValue } from '../kit/json.ts';
import { ask } from './ask.ts';
import type { UndoNotes } from './links.ts';
import { adminPath, type StartedPart } from './types.ts';

const ProblemsSchema = z.object({ problems: z.array(z.string()) });
const ActiveFaultsSchema = z.array(z.object({ id: z.string(), activeToMs: z.number().nullable() }));

/** A part as the harness reaches it: directly, past the fault proxy. */
export interface ReachablePart extends StartedPart {
  /** Heals every fault that is still active in it, within `withinMs`. */
  healAll(withinMs: number): Promise<void>;
  renew(leaseMs: number, withinMs: number): Promise<void>;
}

/** A part answered with a status that is no success. */
class PartRefusal extends GamedayError {
  constructor(what: string, problems: readonly string[]) {
    super('harness', `${what}: ${problems.join(' ')}`, { problems });
    this.name = 'PartRefusal';
  }
}

/** Speaks with the admin API of a part, and notes each fault in the undo journal before it is injected. */
export function connectPart(settings: {
  name: string;
  pid: number;
  adminPort: number;
  /** How it is reached, past the proxy. */
  caller: Caller;
  undo: UndoNotes;
  /** How long a part may take to answer; default 10 s. */
  limitMs?: number;
}): ReachablePart {
  const { name, caller, undo, limitMs = 10_000 } = settings;
  const url = (path: string): string => `http://127.0.0.1:${settings.adminPort}${adminPath}${path}`;

  const call = async (method: string, path: string, body: unknown, limitMs: number): Promise<unknown> => {
    const answer = await ask(caller, url(path), { method, limitMs, ...(body === undefined ? {} : { body }) });
    const said = jsonOf(answer.body);
    if (answer.status >= 200 && answer.status < 300) return said;
    const problems = ProblemsSchema.safeParse(said).data?.problems ?? [answer.body.slice(0, 300)];
    throw new PartRefusal(`${name} answered ${answer.status} to ${method} ${path}`, problems);
  };

  const injected = new Set<string>();
  const inject = async (id: string, path: string, body: unknown): Promise<unknown> => {
    const fault = `${name}/${id}`;
    const isFirst = !injected.has(id);
    injected.add(id);
    await undo.fault({ name: fault, heldByPid: settings.pid, heal: { url: url(path), method: 'DELETE' } });
    try {
      return await call('PUT', path, body, limitMs);
    } catch (cause) {
      // What it refused is not there. What it did not answer may be.
      // Of one that is active already the second is refused, and the note of the first stays.
      if (cause instanceof PartRefusal && isFirst) {
        injected.delete(id);
        await undo.undone(fault);
      }
      throw cause;
    }
  };

  const heal = async (id: string, path: string, withinMs: number): Promise<unknown> => {
    const answer = await call('DELETE', path, undefined, withinMs);
    injected.delete(id);
    await undo.undone(`${name}/${id}`);
    return answer;
  };

  return {
    name,
    admin: (method, path, body?: JsonValue) => {
      const fault = /^\/faults\/([^/?]+)$/.exec(path)?.[1];
      if (fault !== undefined && method === 'PUT') return inject(fault, path, body);
      if (fault !== undefined && method === 'DELETE') return heal(fault, path, limitMs);
      return call(method, path, body, limitMs);
    },
    renew: async (leaseMs, withinMs) => {
      await call('POST', '/renew', { leaseMs }, withinMs);
    },
    healAll: async (withinMs) => {
      const faults = ActiveFaultsSchema.parse(await call('GET', '/faults', undefined, withinMs));
      const active = faults.filter((fault) => fault.activeToMs === null);
      await Promise.all(active.map(({ id }) => heal(id, `/faults/${id}`, withinMs)));
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
