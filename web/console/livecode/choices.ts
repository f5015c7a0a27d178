/* choices.ts: the words a live code is described with, as options. */
import { computed } from 'vue';
import type { ChildKind, ChildState, CodeState, Gate, LinkKind, Look, QrLevel, Strategy } from '@api/types';
import { t } from '@/lib/words';

export const strategies: Strategy[] = ['order', 'balanced', 'weighted', 'rota', 'city', 'nearest', 'returning'];
export const gates: Gate[] = ['none', 'form', 'password', 'voucher', 'proof'];
export const looks: Look[] = ['plain', 'card', 'brand'];
export const levels: QrLevel[] = ['L', 'M', 'Q', 'H'];
const linkKinds: LinkKind[] = ['poster', 'shop', 'staff', 'post', 'partner', 'desk', 'other'];
const childKinds: ChildKind[] = ['group', 'wecom', 'staff', 'url'];
const codeStates: CodeState[] = ['running', 'draft', 'paused', 'ended'];

export const linkKindChoices = computed(() => linkKinds.map((value) => ({ value, label: t(`linkkind.${value}`) })));
export const childKindChoices = computed(() => childKinds.map((value) => ({ value, label: t(`childkind.${value}`) })));
export const codeStateChoices = computed(() => codeStates.map((value) => ({ value, label: t(`codestate.${value}`) })));

type Kind = 'ok' | 'due' | 'late' | 'idle' | 'done';
export const codeSign: Record<CodeState, Kind> = { draft: 'idle', running: 'ok', paused: 'due', ended: 'done' };
export const codeTone: Record<CodeState, string> = { draft: '', running: 'ok', paused: 'due', ended: '' };
export const childSign: Record<ChildState, Kind> = { waiting: 'idle', filling: 'ok', full: 'done', expired: 'late', stopped: 'idle' };
export const childTone: Record<ChildState, string> = { waiting: '', filling: 'ok', full: 'accent', expired: 'late', stopped: '' };
