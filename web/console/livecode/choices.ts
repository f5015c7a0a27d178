/* choices.ts: the words a live code is described with, as options. */
import { computed } from 'vue';
import type { CodeState, Gate, Look, QrLevel, SourceKind, Strategy, TargetKind, TargetState } from '@api/types';
import { t } from '@/lib/words';

export const strategies: Strategy[] = ['order', 'balanced', 'weighted', 'rota', 'city', 'nearest'];
export const gates: Gate[] = ['none', 'form', 'password', 'voucher', 'proof'];
export const looks: Look[] = ['plain', 'card', 'brand'];
export const levels: QrLevel[] = ['L', 'M', 'Q', 'H'];
const sourceKinds: SourceKind[] = ['poster', 'shop', 'staff', 'post', 'partner', 'desk', 'other'];
const targetKinds: TargetKind[] = ['group', 'wecom', 'staff', 'url'];
const codeStates: CodeState[] = ['running', 'draft', 'paused', 'ended'];

export const sourceKindChoices = computed(() => sourceKinds.map((value) => ({ value, label: t(`linkkind.${value}`) })));
export const targetKindChoices = computed(() =>
  targetKinds.map((value) => ({ value, label: t(`targetkind.${value}`) })),
);
export const codeStateChoices = computed(() => codeStates.map((value) => ({ value, label: t(`codestate.${value}`) })));

type Kind = 'ok' | 'due' | 'late' | 'idle' | 'done';
export const codeSign: Record<CodeState, Kind> = { draft: 'idle', running: 'ok', paused: 'due', ended: 'done' };
export const codeTone: Record<CodeState, string> = { draft: '', running: 'ok', paused: 'due', ended: '' };
export const targetSign: Record<TargetState, Kind> = {
  waiting: 'idle',
  filling: 'ok',
  full: 'done',
  expired: 'late',
  stopped: 'idle',
  empty: 'due',
};
export const targetTone: Record<TargetState, string> = {
  waiting: '',
  filling: 'ok',
  full: 'accent',
  expired: 'late',
  stopped: '',
  empty: 'due',
};
