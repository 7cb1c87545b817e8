import { ChunkQueue } from '../chunk-queue.ts';
import { Alarm } from './alarm.ts';
import type { ToxicOutlet } from './toxic.ts';

/** What toxics have in common that hold whole chunks back for a time. */
export abstract class HoldingStage<Held extends { readonly chunk: Buffer }> {
  protected readonly outlet: ToxicOutlet;
  protected readonly held = new ChunkQueue<Held>();
  protected readonly alarm: Alarm;
  /** Whether the sender has finished. */
  protected ended = false;

  constructor(outlet: ToxicOutlet) {
    this.outlet = outlet;
    this.alarm = new Alarm(outlet.clock);
  }

  release(): void {
    this.alarm.cancel();
    for (const { chunk } of this.held.drain()) this.outlet.forward(chunk);
    // An end that nothing was held before has been handed on already.
    if (this.ended) this.outlet.end();
  }

  discard(): void {
    this.alarm.close();
    this.held.drain();
  }
}
