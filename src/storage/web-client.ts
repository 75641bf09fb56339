/** The only door to undici: an HTTP client that goes through the proxies of the environment. */
import type { LookupFunction } from 'node:net';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { readProxySettings } from '../config.ts';

export { fetch, type Response };

export interface WebClientOptions {
  /** A server that is silent for so long, in milliseconds, has gone. */
  silenceMs: number;
  /** Finds the addresses of hosts that are asked directly; those of others are the proxy's business. */
  lookup?: LookupFunction;
}

const connectMs = 15_000;

export type WebClient = EnvHttpProxyAgent;

/** To be destroyed when its work is done. */
export function openWebClient({ silenceMs, lookup }: WebClientOptions): WebClient {
  const { http, https, none } = readProxySettings();
  return new EnvHttpProxyAgent({
    httpProxy: http,
    httpsProxy: https,
    noProxy: none,
    // Many proxies open no tunnels to where no encryption is.
    proxyTunnel: false,
    connectTimeout: connectMs,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    ...(lookup && { connect: { lookup } }),
  });
}
