/* types.ts: the shapes the server sends and takes, one interface a thing.
 * An id is a string, an instant is a number of milliseconds (UTC), null where there is none. */

export type Id = string;
export type Instant = number;
export type Role = 'reader' | 'operator' | 'admin' | 'owner';
export type Lang = 'zh' | 'en';
export type Theme = 'auto' | 'light' | 'dark';

export interface List<T> { items: T[]; total: number; next: string }

/* ---- Server, account, community ---- */

export interface ServerState { first_run: boolean; version: string; needs_setup_code: boolean }

export interface Setup {
  name: string; password: string; display: string; community: string;
  template: string; timezone: string; setup_code?: string;
}

export interface Account { id: Id; name: string; display: string; lang: Lang; theme: Theme }
export interface CommunityRef { id: Id; name: string; role: Role }
export interface Session { account: Account; csrf: string; communities: CommunityRef[] }
export interface SessionRow { id: Id; user_agent: string; address: string; created_at: Instant; seen_at: Instant; current: boolean }

export interface Community {
  id: Id; name: string; purpose: string; target_members: string; value: string; kind: string;
  slogan: string; manifesto: string; persona: string; timezone: string;
  open_from: string; open_to: string; colour: string; ends_at: Instant | null;
}

/* ---- Today ---- */

export type Severity = 'late' | 'due' | 'idle' | 'ok';

export interface Alert {
  id: Id; kind: string; severity: Severity; title: string; detail: string;
  subject_kind: string; subject_id: Id; at: Instant; due_at: Instant | null; percent: number | null;
}

export interface Todo {
  kind: string; severity: Severity; title: string; detail: string; count: number;
  subject_kind: string; subject_id: Id; due_at: Instant | null;
}

export interface HourCount { hour: number; scans: number; joins: number }
export interface DayCount { day: string; scans: number; visitors?: number; joins: number }

export interface Overview {
  scans_today: number; scans_before: number; visitors_today: number;
  joins_today: number; joins_before: number;
  members_total: number; new_members_today: number; groups_total: number;
  hours: HourCount[]; days: DayCount[]; alerts: Alert[]; todo: Todo[];
}

/* ---- Groups ---- */

export type Channel = 'manual' | 'wecom' | 'mp' | 'onebot' | 'web';
export type Tier = 'core' | 'vip' | 'ordinary' | 'intent' | 'referral' | 'lecture' | 'other';
export type Stage = 'seeding' | 'growing' | 'mature' | 'declining' | 'closing' | 'closed';

export interface GroupQr {
  id: Id; file: string; link: string; expires_at: Instant; uploaded_at: Instant; scans: number; scan_limit: number;
}

export interface Group {
  id: Id; name: string; channel: Channel; owner: string; tier: Tier; topic: string; region: string;
  capacity: number; scan_limit: number; member_count: number; counted_at: Instant | null;
  lifetime: 'permanent' | 'until'; ends_at: Instant | null;
  stage: Stage; proposed_stage: Stage | ''; proposed_reasons: string[];
  rename_allowed: boolean; invite_allowed: boolean; entry_by_approval: boolean;
  note: string; qr: GroupQr | null; created_at: Instant;
}

export interface HistoryRow { id: Id; at: Instant; kind: string; who: string; text: string }

/* ---- Live codes ---- */

export type CodeState = 'draft' | 'running' | 'paused' | 'ended';
export type Strategy = 'order' | 'balanced' | 'weighted' | 'rota' | 'city' | 'nearest' | 'returning';
export type Gate = 'none' | 'form' | 'password' | 'voucher' | 'proof';
export type Look = 'plain' | 'card' | 'brand';
export type QrLevel = 'L' | 'M' | 'Q' | 'H';

export interface FormField { name: string; kind: 'text' | 'phone' | 'choice' | 'number'; required: boolean; choices: string[] }

export interface GateConfig {
  password?: string; hint?: string; fields?: FormField[]; auto_approve?: boolean; task?: string; partner_id?: Id;
}

export interface LiveCode {
  id: Id; title: string; guide: string; avatar: string; look: Look; state: CodeState;
  starts_at: Instant | null; ends_at: Instant | null; strategy: Strategy; sticky: boolean; duplicate_guard: boolean;
  gate: Gate; gate_config: GateConfig; tags: string[]; qr_level: QrLevel; qr_logo: boolean;
  slug: string; url: string; scans: number; visitors: number; joins: number; created_at: Instant;
}

export type ChildKind = 'group' | 'wecom' | 'staff' | 'url';
export type ChildState = 'waiting' | 'filling' | 'full' | 'expired' | 'stopped';

/* Minutes from Monday 00:00 … per day: days 1–7, "HH:MM" to "HH:MM". */
export interface OpenWindow { days: number[]; from: string; to: string }

export interface Child {
  id: Id; kind: ChildKind; group_id: Id | null; title: string; url: string; scan_cap: number;
  expires_at: Instant | null; weight: number; open_windows: OpenWindow[]; special_dates: string[];
  region: string; shop: string; latitude: number | null; longitude: number | null; radius_m: number | null;
  for_visitors: 'all' | 'new' | 'returning'; state: ChildState; shown: number; joined: number;
  updated_at: Instant; fills_at: Instant | null; dies_at: Instant | null; why: string;
}

export type LinkKind = 'poster' | 'shop' | 'staff' | 'post' | 'partner' | 'desk' | 'other';
export interface CodeLink {
  id: Id; label: string; kind: LinkKind; note: string; slug: string; url: string;
  scans: number; visitors: number; joins: number; created_at: Instant;
}
export interface ImportError { line: number; code: string; message: string }
export interface ImportResult { created: number; rows: { label: string; kind: LinkKind; note: string; slug: string }[]; errors: ImportError[] }

export interface Share { name: string; scans: number; joins: number }
export interface Numbers {
  funnel: { scans: number; visitors: number; shown: number; joined: number };
  by_hour: HourCount[]; by_day: DayCount[]; by_source: Share[]; by_device: Share[]; by_city: Share[]; by_child: Share[];
}
export interface Visit {
  id: Id; at: Instant; source: string; device: string; city: string; child: string; visitor: string;
  first_time: boolean; shown: boolean; joined_at: Instant | null;
}

/* ---- People ---- */

export interface Application {
  id: Id; code_id: Id; code_title: string; member_id: Id | null; name: string; answers: { name: string; value: string }[];
  picture: string; state: 'waiting' | 'approved' | 'refused'; reason: string; source: string;
  created_at: Instant; decided_at: Instant | null; decided_by: string;
}

export interface Member {
  id: Id; name: string; nickname: string; phone: string; city: string; note: string; source: string;
  tags: string[]; groups: string[]; level: string; created_at: Instant; seen_at: Instant | null;
}
export interface Identity { channel: Channel; key: string; seen_at: Instant }
export interface TimelineRow { id: Id; at: Instant; kind: string; text: string }
export interface MemberDetail extends Member { identities: Identity[]; timeline: TimelineRow[] }

export interface Partner { id: Id; name: string; contact: string; offer: string; vouchers: number; redeemed: number; state: 'on' | 'off'; created_at: Instant }
export interface Voucher {
  id: Id; code: string; partner_id: Id; partner: string; member: string; offer: string;
  state: 'open' | 'used' | 'expired'; expires_at: Instant | null; redeemed_at: Instant | null; redeemed_by: string; created_at: Instant;
}
export interface Waiting { id: Id; at: Instant; name: string; source: string; told: boolean }

export interface Staff { id: Id; name: string; display: string; role: Role; last_seen_at: Instant | null; disabled: boolean }
export interface StaffMade { id: Id; name: string; password: string }
export interface AuditRow { id: Id; at: Instant; who: string; act: string; subject: string; detail: string; address: string }
