/** A real file server for downloads, with the faults of networks and of busy servers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import send from 'send';

export type Fault =
  /** The connection breaks after so many bytes of the file. */
  | { cut: number }
  /** Answered instead of the file. */
  | { status: number }
  /** Says nothing of the file's version. */
  | { anonymous: true }
  /** Sends the rest that was asked for, whatever version it was asked of. */
  | { careless: true }
  | { redirect: string }
  /** Waits after each piece, so that there is time to interrupt. */
  | { slow: number };

export interface WebServer {
  url: string;
  /** Requests so far: path and the range asked for. */
  seen: string[];
  /** One for each request, in turn; then none. */
  faults: Fault[];
  close(): Promise<void>;
}

/** Serves the files of a folder. */
export async function startWebServer(folder: string): Promise<WebServer> {
  const server = createServer((request, answer) => {
    web.seen.push(`${request.url} ${request.headers.range ?? 'whole'}`);
    serve({ request, answer, folder, fault: web.faults.shift() });
  });
  const url = await listen(server);
  const web: WebServer = { url, seen: [], faults: [], close: () => close(server) };
  return web;
}

export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

interface Service {
  request: IncomingMessage;
  answer: ServerResponse;
  folder: string;
  fault: Fault | undefined;
}

function serve({ request, answer, folder, fault }: Service): void {
  if (fault && 'status' in fault) {
    answer.writeHead(fault.status).end('an error page');
    return;
  }
  if (fault && 'redirect' in fault) {
    answer.writeHead(302, { location: fault.redirect }).end();
    return;
  }
  if (fault && 'careless' in fault) delete request.headers['if-range'];
  if (fault && 'cut' in fault) cutAfter(answer, fault.cut);
  if (fault && 'slow' in fault) slowDown(answer, fault.slow);
  const named = !(fault && 'anonymous' in fault);
  send(request, request.url ?? '/', {
    root: folder,
    etag: named,
    lastModified: named,
    highWaterMark: 4096,
  } as send.SendOptions).pipe(answer);
}

function cutAfter(answer: ServerResponse, bytes: number): void {
  const write = answer.write.bind(answer);
  let left = bytes;
  answer.write = ((chunk: Buffer, ...rest: []) => {
    if (chunk.length >= left) {
      write(chunk.subarray(0, left), () => answer.destroy());
      left = 0;
      return true;
    }
    left -= chunk.length;
    return write(chunk, ...rest);
  }) as ServerResponse['write'];
}

function slowDown(answer: ServerResponse, ms: number): void {
  const write = answer.write.bind(answer);
  answer.write = ((chunk: Buffer) => {
    setTimeout(() => {
      write(chunk);
      answer.emit('drain');
    }, ms);
    return false;
  }) as ServerResponse['write'];
}
