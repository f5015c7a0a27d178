/* page.ts: the contest's part of the page, in one shape; the gallery; and one vote at a time. */
import { computed, ref, shallowRef } from 'vue';
import { address, list, number, part, text } from '../page';
import { act, task } from '../task/line';
import { tokenOf } from '../token';
import { attempt, fault, look } from '../wire';

export interface Entry {
  number: number;
  votes: number;
  place: number;
  slug: string;
  name: string;
  title: string;
  body: string;
  pictures: string[];
  state: string;
  reason: string;
}

function entry(raw: unknown): Entry {
  const it = part(raw);
  return {
    number: number(it.number), votes: number(it.votes), place: number(it.place), slug: text(it.slug), name: text(it.name),
    title: text(it.title), body: text(it.body), pictures: list(it.pictures).map(address).filter(Boolean), state: text(it.state),
    reason: text(it.reason),
  };
}

export const contest = computed(() => {
  const it = part(task.value.contest);
  return {
    slug: text(it.slug),
    day_votes: number(it.day_votes),
    most_votes: number(it.most_votes),
    entry_votes: number(it.entry_votes),
    left: number(it.left) /* -1: no limit */,
    pictures: text(it.pictures) || 'optional',
    why: text(it.why),
    entry: it.entry ? entry(it.entry) : null,
    mine: it.mine ? entry(it.mine) : null,
  };
});

/* ---- The gallery ---- */

export const sort = ref<'newest' | 'votes'>('newest');
export const gallery = shallowRef<Entry[] | null>(null);
export const next = ref('');
export const lost = ref(false);

export async function fetchGallery(more = false): Promise<void> {
  const after = more ? next.value : '';
  lost.value = false;
  try {
    const path = `/api/contest/${contest.value.slug}/entries?sort=${sort.value}${after ? '&after=' + after : ''}`;
    const answer = await attempt(path, look());
    if (!answer.body) throw new Error('refused');
    const fresh = list(answer.body.items).map(entry);
    gallery.value = more && gallery.value ? gallery.value.concat(fresh) : fresh;
    next.value = text(answer.body.next);
  } catch {
    lost.value = true;
  }
}

/* ---- A vote ---- */

const token = tokenOf('quntu-vote ' + task.value.slug);
export async function vote(): Promise<boolean> {
  const done = await act('vote', { token: token.now() });
  if (done || (fault.value && fault.value.code !== 'offline')) token.done();
  return done;
}
