/** Requests to a Kubernetes API server: the few that jobs need, by HTTPS and nothing else. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { messageOf, TopfiveError } from '../errors.ts';
import type { KubernetesAccess } from './kubernetes-access.ts';

/** A server that is overloaded answers within seconds, if only to say so. */
const answerWithinMs = 30_000;

export interface KubernetesRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `/apis/batch/v1/namespaces/<namespace>/`. */
  path: string;
  query?: Record<string, string>;
  body?: object;
  /** What it is for, for a person: `to start jobs`. */
  purpose: string;
}

export interface KubernetesApi {
  readonly namespace: string;
  /** The answer, parsed; undefined where there is no such object. */
  ask(request: KubernetesRequest): Promise<unknown>;
}

const statusSchema = z.object({ message: z.string() });

export function openApi(access: KubernetesAccess): KubernetesApi {
  const { namespace, server } = access;
  return {
    namespace,
    async ask(request) {
      const { status, body } = await send(request, access).catch((error) => {
        if (error instanceof TopfiveError) throw error;
        throw refusal(request, { server, why: messageOf(error) });
      });
      if (status === 404) return undefined;
      if (status >= 200 && status < 300) return JSON.parse(body);
      throw refusal(request, { server, why: `${sayingOf(body)} (status ${status})` });
    },
  };
}

async function send(
  { method, path, query = {}, body }: KubernetesRequest,
  { server, namespace, ca, cert, key, token }: KubernetesAccess,
): Promise<{ status: number; body: string }> {
  const url = new URL(
    `${server}/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/${path}`,
  );
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const content = body && JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    ...(token && { authorization: `Bearer ${await token()}` }),
    ...(content && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(content)),
    }),
  };
  const signal = AbortSignal.timeout(answerWithinMs);
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, signal, ca, cert, key }, (answer) => {
      text(answer).then((read) => resolve({ status: answer.statusCode ?? 0, body: read }), reject);
    });
    sent.once('error', reject);
    sent.end(content);
  });
}

/** What the server says, in a Status object if it is Kubernetes. */
function sayingOf(body: string): string {
  try {
    return statusSchema.parse(JSON.parse(body)).message;
  } catch {
    return body.trim().split('\n')[0].slice(0, 200) || 'no reason is given';
  }
}

function refusal(
  { purpose }: KubernetesRequest,
  { server, why }: { server: string; why: string },
): TopfiveError {
  return new TopfiveError(
    'access',
    `Kubernetes at ${server} could not be asked ${purpose}: ${why.replace(/\.$/, '')}; check the context, and the role that docs/deploy-kubernetes.md has`,
  );
}
