import { AfterEvents, eventsAttribute } from '../events/after-events.ts';
import { awsException } from '../events/aws-frames.ts';
import { ofEvents } from '../events/event-format.ts';
import { textOf, type HttpToxicKind } from '../http-toxic.ts';
import { codeAttribute } from '../vendor-errors.ts';
import { anthropicError } from '../vendors/anthropic.ts';
import { bedrockError, vllmError } from '../vendors/model-servers.ts';
import { openaiError } from '../vendors/openai.ts';

/**
 * After so many events, in a response that began with status 200, comes an error in the vendor's own words, and the stream ends. vLLM says `[DONE]`
 * behind it, as if all were well. In an event stream of AWS the error is a frame of Bedrock, whatever the vendor. The head of every stream says that the
 * connection is closed after it, since nobody knows how many events will come: the request counts as altered also where there are no more of them.
 */
export const streamError: HttpToxicKind = {
  layer: 'http',
  type: 'stream_error',
  attributes: {
    events: eventsAttribute,
    vendor: { choices: ['openai', 'openai responses', 'anthropic', 'vllm', 'bedrock'], default: 'openai' },
    /** Which error; default the one that says that the server is overloaded. */
    code: codeAttribute,
  },
  faultFor: (attributes) => ({
    ...ofEvents,
    changesLength: true,
    endsEarly: true,
    start: (outlet, head) => new BrokenEvents(outlet, head, attributes),
  }),
};

class BrokenEvents extends AfterEvents {
  #isOver = false;

  protected override afterwards(event: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.outlet.altered(event.length, 'dropped');
    const error = this.#error();
    this.outlet.altered(error.length, 'added');
    this.outlet.forward(error);
    this.outlet.end();
  }

  protected override finished(): void {
    if (!this.#isOver) this.outlet.end();
  }

  #error(): Buffer {
    const code = textOf(this.attributes, 'code');
    const isBinary = this.format === 'aws event stream';
    const vendor = isBinary ? 'bedrock' : textOf(this.attributes, 'vendor');
    switch (vendor) {
      case 'anthropic':
        return eventOf(anthropicError(529, code), 'error');
      case 'openai responses': {
        const { code: own, message } = openaiError(503, code);
        return eventOf({ type: 'error', code: own, message, param: null, sequence_number: 0 }, 'error');
      }
      case 'vllm':
        return Buffer.concat([eventOf({ error: vllmError(500) }), Buffer.from('data: [DONE]\n\n')]);
      case 'bedrock': {
        const type = code === '' ? 'serviceUnavailableException' : code;
        return isBinary ? awsException(type, bedrockError(type)) : eventOf(bedrockError(type), type);
      }
      default:
        return eventOf({ error: { ...openaiError(503, code), param: null } });
    }
  }
}

function eventOf(data: unknown, name?: string): Buffer {
  return Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
}
