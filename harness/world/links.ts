import { ProxyRefusal } from '../proxy/call-api.ts';
import type { LinkClient, ToxicOutcome } from '../proxy/client.ts';
import type { FaultEntry } from '../safety/undo-entries.ts';
import type { UndoJournal } from '../safety/undo-journal.ts';
import type { Address } from './environment.ts';
import type { StartedLink, ToxicReceipt } from './types.ts';

/** What faults need of an undo journal. */
export type UndoNotes = Pick<UndoJournal, 'fault' | 'undone'>;

/** The fault proxy that carries all links of a world. */
export interface StartedProxy {
  readonly client: LinkClient;
  /** Where its API is: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly pid: number;
}

/** A link, and where its nearer end is. */
export interface OpenLink extends Address {
  readonly link: StartedLink;
  /** Notes that the proxy has been reset, which heals every fault of this link. */
  healed(): Promise<void>;
}

/** Opens a link through the fault proxy. Each fault in it is noted in the undo journal before it is injected. */
export async function openLink(settings: {
  proxy: StartedProxy;
  undo: UndoNotes;
  /** Also the name of the link: links are named after what they lead to. */
  to: string;
  from: string;
  /** `host:port` of what it leads to. */
  upstream: string;
  variables: readonly string[];
  /** Whether it ends the TLS of those who come to it; default false. */
  tls?: boolean;
}): Promise<OpenLink> {
  const { proxy, undo, from, to, variables } = settings;
  const { client } = proxy;
  const { port } = await client.createLink({
    ...{ name: to, listen: '127.0.0.1:0', upstream: settings.upstream },
    ...(settings.tls === true ? { tls: { client: {} } } : {}),
  });
  const noted = (fault: string): string => `link ${to}/${fault}`;
  const injected = new Set<string>();
  const note = async (fault: string, heal: FaultEntry['heal']): Promise<void> => {
    injected.add(fault);
    await undo.fault({ name: noted(fault), heldByPid: proxy.pid, heal });
  };
  const undone = async (fault: string): Promise<void> => {
    injected.delete(fault);
    await undo.undone(noted(fault));
  };
  const link: StartedLink = {
    name: to,
    from,
    to,
    addToxic: async (toxic) => {
      const url = `${proxy.url}/proxies/${encodeURIComponent(to)}/toxics/${encodeURIComponent(toxic.name)}`;
      // Of the same name there may be one already: then the refusal is of the second, and the note of the first stays.
      const isFirst = !injected.has(toxic.name);
      await note(toxic.name, { url, method: 'DELETE' });
      try {
        await client.addToxic(to, toxic);
      } catch (cause) {
        // What it refused is not there. What it did not answer may be.
        if (cause instanceof ProxyRefusal && isFirst) await undone(toxic.name);
        throw cause;
      }
    },
    removeToxic: async (name) => {
      const outcome = await client.removeToxic(to, name);
      await undone(name);
      return receiptOf(outcome);
    },
    setEnabled: async (enabled) => {
      // Switching a link on again needs a body, which a journal's entry has none of; a reset of the proxy does it too.
      const heal = { url: `${proxy.url}/reset`, method: 'POST' } as const;
      const isFirst = !injected.has('disabled');
      if (!enabled) await note('disabled', heal);
      try {
        await client.setEnabled(to, enabled);
      } catch (cause) {
        if (cause instanceof ProxyRefusal && !enabled && isFirst) await undone('disabled');
        throw cause;
      }
      if (enabled) await undone('disabled');
    },
    traffic: async () => {
      const seen = (await client.traffic()).find((traffic) => traffic.name === to);
      const { connections, bytesToPart, bytesFromPart } = seen ?? { connections: 0, bytesToPart: 0, bytesFromPart: 0 };
      return { name: to, from, to, variables, connections, bytesToPart, bytesFromPart };
    },
  };
  const healed = async (): Promise<void> => {
    await Promise.all([...injected].map(undone));
  };
  return { link, healed, host: '127.0.0.1', port };
}

/** Everything but a lapsed lease is the harness's own doing: nobody else knows where the proxy is. */
function receiptOf({ ended, ...outcome }: ToxicOutcome): ToxicReceipt {
  return { ...outcome, ended: ended === 'lease lapsed' ? ended : 'healed' };
}
