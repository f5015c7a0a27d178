/* token.ts: an act's own word, made up here and kept until the server has answered it, also over a reload: then the same tap is
 * the same act. */

function kept(key: string): string {
  try {
    return sessionStorage.getItem(key) || '';
  } catch {
    return ''; /* private mode: a reload is another act */
  }
}

function keep(key: string, token: string): void {
  try {
    if (token) sessionStorage.setItem(key, token);
    else sessionStorage.removeItem(key);
  } catch {
    /* private mode */
  }
}

/* `what`: "quntu-draw abcd2345". */
export function tokenOf(what: string): { now: () => string; done: () => void } {
  let token = '';
  return {
    now() {
      token = token || kept(what);
      if (!token) {
        const bytes = new Uint8Array(18);
        crypto.getRandomValues(bytes);
        for (let i = 0; i < bytes.length; i++) token += ('0' + bytes[i].toString(16)).slice(-2);
        keep(what, token);
      }
      return token;
    },
    done() {
      token = '';
      keep(what, '');
    },
  };
}
