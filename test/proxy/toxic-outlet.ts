import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import type { ToxicOutlet } from '../../harness/proxy/toxics/toxic.ts';

/** An outlet that writes down when what came out, on a clock that stands still. */
export class Outlet implements ToxicOutlet {
  readonly clock = new VirtualClock();
  readonly random = seededRandom(1);
  readonly log: [number, string][] = [];
  bytesAltered = 0;
  forwardedBytes = 0;
  forward(chunk: Buffer): void {
    this.forwardedBytes += chunk.length;
    this.log.push([this.clock.now(), chunk.length > 20 ? `${chunk.length} bytes` : chunk.toString()]);
  }
  end(): void {
    this.log.push([this.clock.now(), 'END']);
  }
  close(): void {
    this.log.push([this.clock.now(), 'CLOSE']);
  }
  closeBehind(): void {
    this.log.push([this.clock.now(), 'CLOSE BEHIND']);
  }
  reset(): void {
    this.log.push([this.clock.now(), 'RESET']);
  }
  altered(bytes: number): void {
    this.bytesAltered += bytes;
  }
}

export const bytes = (text: string): Buffer => Buffer.from(text);
