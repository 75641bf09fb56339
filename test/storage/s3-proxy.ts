/** A proxy in front of an S3 server that does what networks and busy servers do. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Fault =
  /** Answered by the proxy itself, as S3 words its errors. */
  | { refuse: { status: number; code: string } }
  /** The connection ends before anything is passed on. */
  | { drop: 'request' }
  /** The server does the work, and nobody hears of it. */
  | { drop: 'answer' }
  /** The answer ends after so many bytes. */
  | { cut: number }
  | { bytesPerSecond: number }
  /** The request loses a header, as with a server that does not know it. */
  | { without: string }
  /** The first byte of the body is another one. */
  | { flip: 'request' | 'answer' };

export interface FaultProxy {
  endpoint: string;
  port: number;
  /** Requests so far, as `GET /bucket/key`, in the order in which they came. */
  seen: string[];
  /** Asked for each request. */
  rule: (request: { method: string; path: string }) => Fault | undefined;
  close(): Promise<void>;
}

/** @param target base URL of the server */
export async function startProxy(target: string, host = '127.0.0.1'): Promise<FaultProxy> {
  const server = createServer((incoming, answer) => {
    const { method = '', url: path = '' } = incoming;
    proxy.seen.push(`${method} ${path}`);
    passOn({ incoming, answer, target, fault: proxy.rule({ method, path }) }).catch(() =>
      answer.destroy(),
    );
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy: FaultProxy = {
    endpoint: `http://${host}:${port}`,
    port,
    seen: [],
    rule: () => undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

interface Exchange {
  incoming: IncomingMessage;
  answer: ServerResponse;
  target: string;
  fault: Fault | undefined;
}

async function passOn({ incoming, answer, target, fault = { bytesPerSecond: 1e12 } }: Exchange) {
  if ('drop' in fault && fault.drop === 'request') {
    answer.destroy();
    return;
  }
  const body = Buffer.concat(await incoming.toArray());
  if ('refuse' in fault) {
    const { status, code } = fault.refuse;
    answer.writeHead(status, { 'content-type': 'application/xml' });
    answer.end(`<Error><Code>${code}</Code><Message>${code} by the proxy</Message></Error>`);
    return;
  }
  if ('flip' in fault && fault.flip === 'request') body[0] ^= 1;
  const headers = { ...incoming.headers };
  if ('without' in fault) delete headers[fault.without];
  const onward = request(`${target}${incoming.url}`, { method: incoming.method, headers });
  onward.end(body);
  const [received] = (await once(onward, 'response')) as [IncomingMessage];
  const content = Buffer.concat(await received.toArray());
  if ('flip' in fault && fault.flip === 'answer') content[0] ^= 1;
  if ('drop' in fault) answer.destroy();
  else await send(answer, { received, content, fault });
}

async function send(
  answer: ServerResponse,
  { received, content, fault }: { received: IncomingMessage; content: Buffer; fault: Fault },
): Promise<void> {
  answer.writeHead(received.statusCode ?? 500, received.headers);
  if ('cut' in fault) {
    answer.write(content.subarray(0, fault.cut), () => answer.destroy());
    return;
  }
  const step = 'bytesPerSecond' in fault ? Math.ceil(fault.bytesPerSecond / 10) : content.length;
  for (let at = 0; at < content.length && !answer.destroyed; at += step) {
    answer.write(content.subarray(at, at + step));
    if (at + step < content.length) await sleep(100);
  }
  answer.end();
}
