/**
 * Ways in which the workload can be made worse, one at a time, to see whether a scenario notices. Each is read at one place, as
 * `settings.defect === 'A2'`. The ids are those of the catalogue of resilience defects.
 */
export const defects = {
  A2: 'Retries come back after a fixed 20 ms, without growth and without jitter.',
  A3: 'Retries go on for ever: no cap on attempts, no retry budget, and the wait between them stays short.',
  A6: 'The wait that the source asks for in Retry-After is ignored.',
  A8: 'Deadlines of callers are ignored, and hang-ups before the answer begins: work goes on for those who gave up.',
  B1: 'Queues have no bound, and nothing is refused because it would wait too long.',
  B4: 'Interactive and batch work share one queue, first come, first served.',
  C3: 'The cursor moves on before the records are written, and a page is abandoned at the first record that fails.',
  E2: 'Nothing is held back from the model server: no limit by its cache, none by how fast it answers.',
  T12: 'A healthy twin: 0.4 % of the questions fail with a 500, which a 99 % objective allows.',
} as const;

export type DefectId = keyof typeof defects;

/** The defect named in `GAMEDAY_DEFECT`; none when it is empty or not set. Throws on a name that does not exist. */
export function parseDefect(name: string | undefined): DefectId | null {
  if (name === undefined || name === '') return null;
  if (Object.hasOwn(defects, name)) return name as DefectId;
  throw new Error(`There is no defect "${name}". Please choose one of: ${Object.keys(defects).join(', ')}.`);
}
