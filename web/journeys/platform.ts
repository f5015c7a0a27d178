/* platform.ts: a fake platform (test/fakes) behind a journey: what a person or the platform does there is told by hand. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from './house';

const FAKE = process.env.QUNTU_TEST || fileURLToPath(new URL('../../build/quntu-test', import.meta.url));

export class Platform {
  url = '';
  private process?: ChildProcess;

  async open(kind: string): Promise<void> {
    const fake = (this.process = spawn(FAKE, ['--fake', kind], { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.url = await new Promise<string>((done, fail) => {
      createInterface({ input: fake.stdout! }).on('line', (line) => {
        const at = /ready at (\S+)/.exec(line);
        if (at) done(at[1]!);
      });
      fake.on('exit', (code) => fail(new Error(`the fake ended with ${code}`)));
    });
  }

  async tell<T>(what: string, body: object = {}): Promise<T> {
    const reply = await fetch(`${this.url}/_fake/${what}`, { method: 'POST', body: JSON.stringify(body) });
    return (await reply.json()) as T;
  }

  close(): void {
    this.process?.stdin?.end();
  }
}

/* A test beside whose house such a platform stands. */
export const testAt = <P extends Platform>(kind: string, make: new () => P) =>
  test.extend<{ platform: P }>({
    platform: async ({}, use) => {
      const platform = new make();
      await platform.open(kind);
      await use(platform);
      platform.close();
    },
  });
