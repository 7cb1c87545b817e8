import type { CreateTarget, InProcessTarget, TargetConfig, TargetContext } from '../../harness/index.ts';
import { smallTarget } from './small-world.ts';

/** What the small target does otherwise than it should. */
export interface Misbehaviour {
  /** In place of an answer to a question. */
  readonly ask?: (request: Request, context: TargetContext) => Promise<Response>;
  readonly stop?: () => Promise<void>;
  readonly create?: (context: TargetContext) => Promise<void>;
}

/** The small target as a function of this process: it keeps documents in memory, and asks the model before it says yes. */
export function smallFunction(misbehaviour: Misbehaviour = {}): TargetConfig {
  const createTarget: CreateTarget = async (context): Promise<InProcessTarget> => {
    const stored: { id: string; version: number }[] = [];
    await misbehaviour.create?.(context);
    return {
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === '/ask') return misbehaviour.ask?.(request, context) ?? answered(context);
        if (request.method === 'GET') return Response.json({ documents: stored });
        const { documents } = (await request.json()) as { documents: typeof stored };
        stored.push(...documents);
        return Response.json({ stored: documents });
      },
      stop: async () => misbehaviour.stop?.(),
    };
  };
  return { ...smallTarget(), name: 'small function', inProcess: () => Promise.resolve(createTarget) };
}

/** A question to the model, whose answer comes in pieces, or as a whole when it is complete. */
export async function askModel({ environment, fetch }: TargetContext, stream = true): Promise<Response> {
  return fetch(`${environment['OPENAI_BASE_URL'] ?? ''}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${environment['OPENAI_API_KEY'] ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gameday-8b', messages: [{ role: 'user', content: 'Hello' }], stream }),
  });
}

export async function answered(context: TargetContext): Promise<Response> {
  await (await askModel(context)).text();
  return answer();
}

export function answer(): Response {
  return new Response('event: token\ndata: yes\n\nevent: done\ndata: x\n\n', {
    headers: { 'content-type': 'text/event-stream' },
  });
}
