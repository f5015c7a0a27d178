/* client.ts: the one way to the server. JSON in and out; what goes wrong is thrown as an ApiError. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field = '',
    readonly detail = '',
  ) {
    super(message);
  }
}

/* Set by the session: the word that proves a request is ours, and what to do when we are signed out. */
export const guard = {
  csrf: '',
  lang: 'zh',
  signedOut: () => {},
  offline: () => 'offline',
};

type Query = Record<string, string | number | boolean | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== '' && value !== null && value !== undefined) words.set(name, String(value));
  const tail = words.toString();
  return '/api' + path + (tail ? '?' + tail : '');
}

async function send(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': guard.lang };
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && guard.csrf) headers['X-Quntu-CSRF'] = guard.csrf;
  try {
    return await fetch(address(path, query), {
      method, headers, signal, credentials: 'same-origin',
      body: form ? body : body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, 'offline', guard.offline());
  }
}

async function ask<T>(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal): Promise<T> {
  const reply = await send(method, path, query, body, signal);
  const text = reply.status === 204 ? '' : await reply.text();
  if (reply.ok) return (text ? JSON.parse(text) : undefined) as T;
  throw failure(reply.status, text, path);
}

/* An answer that is no JSON: a picture, a zip. */
async function askFile(path: string, body: unknown): Promise<Blob> {
  const reply = await send('POST', path, undefined, body);
  if (reply.ok) return reply.blob();
  throw failure(reply.status, await reply.text(), path);
}

function failure(status: number, text: string, path: string): ApiError {
  let told: { code?: string; message?: string; field?: string; detail?: string } = {};
  try {
    told = JSON.parse(text).error ?? {};
  } catch {
    /* a proxy's page, not ours: the status says enough */
  }
  /* A wrong password is also 401, but it is the field that is wrong, not the session. */
  if (told.code === 'sign_in' && path !== '/session') guard.signedOut();
  return new ApiError(status, told.code ?? 'status_' + status, told.message ?? `HTTP ${status}`, told.field, told.detail);
}

/* A form with a file in it: how much of it is there is told as it goes (fetch does not). */
export function upload<T>(path: string, body: FormData, part: (done: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const way = new XMLHttpRequest();
    way.open('POST', address(path));
    way.setRequestHeader('Accept', 'application/json');
    way.setRequestHeader('Accept-Language', guard.lang);
    if (guard.csrf) way.setRequestHeader('X-Quntu-CSRF', guard.csrf);
    way.upload.onprogress = (at) => at.lengthComputable && part(at.loaded / at.total);
    way.onload = () => (way.status < 300 ? done(JSON.parse(way.responseText) as T) : fail(failure(way.status, way.responseText, path)));
    way.onerror = way.onabort = () => fail(new ApiError(0, 'offline', guard.offline()));
    signal.addEventListener('abort', () => way.abort());
    way.send(body);
  });
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => ask<T>('GET', path, query, undefined, signal),
  post: <T>(path: string, body: unknown = {}, query?: Query) => ask<T>('POST', path, query, body),
  file: (path: string, body: unknown) => askFile(path, body),
  put: <T>(path: string, body: unknown = {}) => ask<T>('PUT', path, undefined, body),
  del: <T>(path: string) => ask<T>('DELETE', path),
};
