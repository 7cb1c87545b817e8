import type { RunRecord } from './record.ts';
import type { LinkTraffic, StartedLink } from './world/types.ts';

type Carried = RunRecord['baselineTraffic'];

/** Reads what each link carries while the baseline lasts. */
export function watchBaseline(links: readonly StartedLink[]): {
  onBaseline(edge: 'start' | 'end'): Promise<void>;
  carried(): Carried;
} {
  const traffic = (): Promise<LinkTraffic[]> => Promise.all(links.map((link) => link.traffic()));
  let before: LinkTraffic[] = [];
  let carried: Carried = [];
  return {
    onBaseline: async (edge) => {
      if (edge === 'start') before = await traffic();
      else carried = carriedSince(before, await traffic());
    },
    carried: () => carried,
  };
}

/** What each link has carried since `before`; connections count from the start, since they are kept open. */
function carriedSince(before: readonly LinkTraffic[], now: readonly LinkTraffic[]): Carried {
  return now.map((link) => {
    const earlier = before.find((other) => other.name === link.name);
    return {
      ...link,
      variables: [...link.variables],
      bytesToPart: link.bytesToPart - (earlier?.bytesToPart ?? 0),
      bytesFromPart: link.bytesFromPart - (earlier?.bytesFromPart ?? 0),
    };
  });
}
