import { anyKinds } from '../../../harness/proxy/kinds.ts';
import type { Registry } from '../../../harness/proxy/registry.ts';

/** Something that is done to a link, so long after the request was sent. */
export interface Step {
  readonly atMs: number;
  readonly add?: { type: string; attributes: Record<string, number>; stream?: 'upstream' | 'downstream' };
  readonly update?: { type: string; attributes: Record<string, number> };
  readonly remove?: string;
  readonly disable?: true;
}

/** The types of toxics that are added in sequences of steps. */
export function typesIn(...sequences: readonly Readonly<Record<string, readonly Step[]>>[]): ReadonlySet<string> {
  const steps = sequences.flatMap((one) => Object.values(one).flat());
  return new Set(steps.flatMap(({ add }) => (add ? [add.type] : [])));
}

/** Does a step to the proxy of that name; toxics are named by their types. */
export async function act(registry: Registry, name: string, step: Step): Promise<void> {
  const { add, update, remove, disable } = step;
  const proxy = registry.get(name);
  if (add) {
    const kind = anyKinds.find(({ type }) => type === add.type);
    if (!kind) throw new Error(`no toxic ${add.type}`);
    const { stream = 'downstream', attributes, type } = add;
    registry.addToxic(name, { ...{ name: type, kind, stream, direction: stream, toxicity: 1 }, attributes });
    await proxy.doorTurned();
  }
  if (update) {
    const toxic = proxy.toxic(update.type);
    proxy.changeToxic(toxic, { toxicity: toxic.toxicity, attributes: update.attributes });
  }
  if (remove !== undefined) proxy.removeToxic(proxy.toxic(remove), 'removed');
  if (disable) await registry.update(name, { enabled: false });
}
