import { GamedayError } from '../errors.ts';

/** Virtual time that stands still, or does not come to an end. */
export class StuckTime extends GamedayError {
  constructor(message: string) {
    super('harness', message);
    this.name = 'StuckTime';
  }
}
