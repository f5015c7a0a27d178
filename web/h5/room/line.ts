/* line.ts: what the phone knows of the room: the page, the lines it holds, and what came since (live.ts says when to ask). */
import { nextTick, ref, shallowRef } from 'vue';
import { useLive } from '../live';
import { clockHeard } from '../when';
import { attempt, broken, busy, fault, look, send, type Dropped } from '../wire';
import { lang } from '../words';
import { asLine, asPerson, asRoom, roomInDocument, type Line, type Page, type Person, type Role } from './page';

const HELD = 400; /* lines; who reads back further has them as long as the page is not told anew */

export const room = shallowRef<Page>(roomInDocument());
export const lines = shallowRef<Line[]>(room.value.lines);
export const last = ref(room.value.room.last);
export const begun = ref(lines.value.length < 40); /* nothing older is there */
export const unreadFrom = ref(room.value.me && room.value.me.unread ? room.value.me.read : 0);
export const chosen = ref<{ person: Person | null; line: Line | null }>({ person: null, line: null });
export const answering = ref<Line | null>(null);

lang.value = room.value.lang;
clockHeard(room.value.now);

export const base = () => '/r/' + encodeURIComponent(room.value.slug);
export const rules = () => !!room.value.me && room.value.me.role !== 'member';
export const ours = (line: Line) => !line.member || line.member === '0';
export const mine = (line: Line) => !!room.value.me && line.member === room.value.me.member;

/* The page as it is now: it may be another view, and holds the newest lines. */
function stand(fresh: Page): void {
  clockHeard(fresh.now);
  const held = lines.value,
    from = fresh.lines.length ? fresh.lines[0].n : 0;
  const joins = held.length && from <= held[held.length - 1].n + 1; /* no gap: what was read back stays */
  lines.value = fresh.view === 'in' ? (joins ? held.filter((one) => one.n < from) : []).concat(fresh.lines) : [];
  if (!joins) begun.value = fresh.lines.length < 40;
  last.value = fresh.room.last;
  room.value = fresh;
}

export async function refresh(): Promise<void> {
  try {
    const { body } = await attempt(base() + '/page', look());
    broken.value = '';
    if (body && body.view) stand(asRoom(body));
  } catch (dropped) {
    broken.value = (dropped as Dropped).why;
  }
}

async function renew(): Promise<void> {
  const { body } = await attempt(base() + '/page', look());
  if (body && body.csrf) room.value = { ...room.value, csrf: asRoom(body).csrf };
}

/* On their way: what was read, and the question what came. Behind a leaving they would be refused. */
let reading: Promise<unknown> = Promise.resolve(),
  looked: Promise<unknown> = Promise.resolve(),
  leaving = false;

/* POST; what comes back is the page, or nothing. */
export async function act(path: string, body: object): Promise<boolean> {
  leaving = path === 'leave';
  if (leaving) await Promise.all([reading, looked]);
  const answer = await send(path, `${base()}/${path}`, body, () => room.value.csrf, renew);
  leaving = false;
  if (!answer || answer.fault) {
    if (answer && answer.fault && /not_in_room|muted|room_quiet/.test(answer.fault.code)) {
      const why = answer.fault;
      await refresh();
      fault.value = why;
    }
    return false;
  }
  if (answer.body && answer.body.view) stand(asRoom(answer.body));
  return true;
}

function take(fresh: Line[]): boolean {
  let again = false;
  const known = lines.value.length ? lines.value[lines.value.length - 1].n : 0;
  let all = lines.value.concat(fresh.filter((one) => one.n > known));
  for (const one of fresh) {
    if (one.what === 'recalled')
      all = all.map((line) => (line.n === one.about ? { ...line, recalled: true, text: '', picture: '', note: '', url: '' } : line));
    if (one.what === 'role') all = all.map((line) => (line.member === one.member ? { ...line, role: one.note as Role } : line));
    if (/^(pinned|unpinned|renamed|quiet)$/.test(one.what)) again = true;
    if (/^(muted|role|removed|left)$/.test(one.what) && mine(one)) again = true;
    if (one.what === 'recalled' && room.value.pins.some((pin) => pin.n === one.about)) again = true;
  }
  lines.value = all.length > HELD && atEnd.value ? all.slice(-HELD) : all;
  return again;
}

export const atEnd = ref(true); /* the newest line is on the screen */
let looking = false,
  more = false;

/* What came since. */
export function news(): Promise<void> {
  if (leaving) return Promise.resolve();
  const mine = lookForNews();
  looked = Promise.all([looked, mine]);
  return mine;
}
async function lookForNews(): Promise<void> {
  more = looking;
  if (looking || !room.value.slug) return;
  looking = true;
  try {
    if (room.value.view !== 'in') await refresh();
    else {
      const { body, fault: wrong } = await attempt(`${base()}/news?after=${last.value}`, look());
      broken.value = '';
      if (wrong || (body && body.far)) await refresh();
      else if (body) {
        const again = take((body.lines as unknown[]).map(asLine));
        last.value = Number(body.last);
        if (again) await refresh();
        else if (room.value.room.members !== body.members)
          room.value = { ...room.value, room: { ...room.value.room, members: Number(body.members) } };
      }
    }
  } catch (dropped) {
    broken.value = (dropped as Dropped).why;
  }
  looking = false;
  if (more) await lookForNews();
}

let asking = false;
export async function older(): Promise<void> {
  if (asking || begun.value || !lines.value.length) return;
  asking = true;
  try {
    const { body } = await attempt(`${base()}/older?before=${lines.value[0].n}`, look());
    const found = ((body && (body.items as unknown[])) || []).map(asLine).reverse();
    begun.value = found.length < 40;
    lines.value = found.concat(lines.value);
  } catch {
    /* scrolling again asks again */
  }
  await nextTick();
  asking = false;
}

/* The last line that was on the screen; told now and then, not for each. */
let told = room.value.me ? room.value.me.read : 0,
  telling = 0;
export function seen(): void {
  if (telling || document.hidden || last.value <= told || room.value.view !== 'in') return;
  telling = window.setTimeout(() => {
    telling = 0;
    if (room.value.view !== 'in' || leaving) return; /* left meanwhile, or about to */
    const n = last.value;
    const init = {
      method: 'POST',
      credentials: 'same-origin' as const,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-Quntu-CSRF': room.value.csrf },
      body: JSON.stringify({ n }),
    };
    reading = attempt(base() + '/read', init).then(
      () => (told = n),
      () => 0, /* next time */
    );
  }, 2000);
}

export async function people(q: string, after: string): Promise<{ people: Person[]; next: string }> {
  try {
    const { body } = await attempt(`${base()}/people?q=${encodeURIComponent(q)}&after=${after || 0}`, look());
    return { people: ((body && (body.items as unknown[])) || []).map(asPerson), next: String((body && body.next) || '') };
  } catch {
    return { people: [], next: '' };
  }
}

export async function admins(): Promise<Person[]> {
  try {
    const { body } = await attempt(base() + '/admins', look());
    return ((body && (body.items as unknown[])) || []).map(asPerson);
  } catch {
    return [];
  }
}

export function keyOf(): string {
  const bytes = new Uint8Array(12);
  crypto.getRandomValues(bytes);
  return Array.from(bytes, (b) => ('0' + b.toString(16)).slice(-2)).join('');
}

export function useNews(): void {
  /* Who joins listens from then on, who leaves no longer. */
  useLive(() => (/^(in|asked)$/.test(room.value.view) ? base() + '/live' : ''), news);
}

export const working = busy;
