import type { BodyOutlet, BodyStage, ResponseFacts } from '../http-toxic.ts';
import { TimedStage, type Due } from '../timed-stage.ts';
import { EventStage } from './event-stage.ts';

/** Events that go on later than they came. */
export class TimedEvents extends EventStage implements BodyStage {
  readonly #timed: TimedStage;

  constructor(outlet: BodyOutlet, head: ResponseFacts, due: Due) {
    super(outlet, head);
    this.#timed = new TimedStage(outlet, due);
  }

  override get full(): boolean {
    return this.#timed.full || super.full;
  }

  override goOn(): void {
    this.#timed.goOn();
    super.goOn();
  }

  override discard(): void {
    this.#timed.discard();
  }

  protected override event(event: Buffer): void {
    this.#timed.chunk(event);
  }

  protected override passed(bytes: Buffer): void {
    this.#timed.chunk(bytes);
  }

  protected override finished(): void {
    this.#timed.end();
  }

  protected override handOn(): void {
    this.#timed.release();
  }
}
