// A target as a stranger would write one: plain Node, endpoints from the usual variables. argv[2] says how it misbehaves.
import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';

const mode = process.argv[2] ?? 'good';
for (let line = 1; line <= 20; line++) console.log(`line ${line}`);
if (mode === 'exits') {
  console.error('Fatal: no such model');
  process.exit(3);
}
if (mode === 'deaf') process.on('SIGTERM', () => undefined);
if (mode === 'family') {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log(`child ${child.pid ?? ''}`);
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  if (path === '/ready') response.writeHead(mode === 'unready' ? 503 : 200).end();
  else if (path === '/env') response.end(JSON.stringify(process.env));
  else if (path === '/die') process.exit(9);
  else if (path === '/crm') response.end(await (await fetch(process.env['CRM_BASE_URL'] ?? '')).text());
  else response.end(JSON.stringify({ path }));
}

createServer((request, response) => {
  answer(request.url ?? '', response).catch(() => response.destroy());
}).listen(mode === 'elsewhere' ? 0 : Number(process.env[mode === 'taken' ? 'TAKEN' : 'PORT']), '127.0.0.1');
