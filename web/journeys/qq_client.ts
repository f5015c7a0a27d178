/* qq_client.ts: the QQ client that is none (build/quntu-test --fake onebot), as journeys speak to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FAKE = process.env.QUNTU_TEST || fileURLToPath(new URL('../../build/quntu-test', import.meta.url));

export class Client {
  url = '';
  private process?: ChildProcess;

  async open(): Promise<void> {
    const fake = (this.process = spawn(FAKE, ['--fake', 'onebot'], { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.url = await new Promise<string>((done, fail) => {
      createInterface({ input: fake.stdout! }).on('line', (line) => {
        const at = /ready at (\S+)/.exec(line);
        if (at) done(at[1]!);
      });
      fake.on('exit', (code) => fail(new Error(`the QQ client ended with ${code}`)));
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
