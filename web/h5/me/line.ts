/* line.ts: what the member's own page knows, and how it asks for more (wire.ts carries it). */
import { ref, shallowRef } from 'vue';
import { clockHeard } from '../when';
import { attempt, fault, headed, look, PATIENCE, send, untilAnswered } from '../wire';
import { lang } from '../words';
import { asGroup, asLine, asOwn, asTicket, list, ownInDocument, type Group, type Line, type Own, type Ticket } from './page';

export const own = shallowRef<Own>(ownInDocument());
export const groups = ref<Group[] | null>(null); /* null: not here yet */
export const tickets = ref<Ticket[]>([]);
export const lines = ref<Line[] | null>(null);
export const missing = ref(false); /* groups could not be fetched */

lang.value = own.value.lang;
headed.value = !!own.value.community.name; /* a receipt says of whom it is not */
clockHeard(own.value.now);

export const base = () => '/me/' + own.value.community.id;

async function renew(): Promise<void> {
  const { body } = await attempt(base() + '/page', look());
  if (body && body.view) own.value = { ...own.value, csrf: asOwn(body).csrf };
}

/* POST. True: done, and the page is what holds now. False: `fault` says why. */
export async function act(path: string, body: object): Promise<boolean> {
  const answer = await send(path, `${base()}/${path}`, body, () => own.value.csrf, renew);
  if (!answer || answer.fault) return false;
  if (answer.body && answer.body.view) own.value = asOwn(answer.body);
  return true;
}

export async function fetchGroups(): Promise<void> {
  missing.value = false;
  const { body } = await untilAnswered(base() + '/groups', look, PATIENCE, renew);
  missing.value = !body;
  if (!body) return;
  groups.value = list(body.groups).map(asGroup);
  tickets.value = list(body.vouchers).map(asTicket);
}

export async function fetchLines(): Promise<void> {
  fault.value = null;
  const answer = await untilAnswered(base() + '/data', look, PATIENCE, renew);
  if (answer.body) lines.value = list(answer.body.items).map(asLine);
  else fault.value = answer.fault || null;
}
