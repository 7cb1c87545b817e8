// A target as small as it can be, in plain JavaScript: answers questions out of what it was given, and misbehaves as MISBEHAVIOUR says.
import { createServer } from 'node:http';

const misbehaviour = process.env.MISBEHAVIOUR ?? 'none';
const documents = new Map();

if (misbehaviour === 'never ready') {
  console.log('waiting for a database that does not exist');
  setInterval(() => undefined, 1000);
} else {
  createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (request.url === '/health') return response.end('ok');
    if (request.url === '/documents') {
      const stored = JSON.parse(text).documents;
      for (const document of stored) documents.set(document.id, document);
      return response.end(JSON.stringify({ stored: stored.map(({ id, version }) => ({ id, version })) }));
    }
    if (request.url === '/list') return response.end(JSON.stringify({ documents: [...documents.values()] }));
    if (misbehaviour === 'dies' && documents.size > 0 && ++asked > 60) process.exit(7);
    if (misbehaviour === 'nonsense') return response.end('<html>Please log in</html>');
    // It uses its model, so that the link carries something.
    if (misbehaviour !== 'goes around')
      await fetch(`${process.env.OPENAI_BASE_URL}/models`).then((answer) => answer.text());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('event: token\ndata: "an answer"\n\nevent: done\ndata: {}\n\n');
  }).listen(Number(process.env.PORT), '127.0.0.1');
}
let asked = 0;
