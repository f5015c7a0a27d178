/* types.ts: short names for the shapes the server sends and takes. The shapes themselves are in schema.d.ts, made from
 * the server's own description by `npm run types`; a field that changes there breaks the build here.
 * An id is a string, an instant a number of milliseconds (UTC), a day "2026-11-21". */
import type { components } from './schema';

type Shape = components['schemas'];

export type Id = string;
export interface List<T> { items: T[]; total: number | null; at_least?: boolean; next: string }

export type ServerState = Shape['state'];
export type Setup = Shape['setup'];
export type Session = Shape['me'];
export type Entered = Shape['entered'];
export type Lang = Session['lang'];
export type Theme = Session['theme'];
export type Role = Shape['seat']['role'];
export type Community = Shape['card'];
export type Place = Shape['place'];
export type CommunityMade = Shape['community_made'];

export type Overview = Shape['overview'];
export type Moment = Shape['moment'];
export type Alert = Shape['warning'];

export type Group = Shape['group'];
export type GroupDraft = Shape['group_draft'];
export type GroupQr = Shape['group_qr'];
export type GroupLine = Shape['group_line'];
export type RoomDesk = Shape['room_desk'];
export type DoorLine = Shape['door_line'];
export type Channel = Group['channel'];
export type Tier = Group['tier'];
export type Seat = Shape['group_seat'];
export type ChannelLine = Shape['channel_line'];
export type ConnectorLine = Shape['connector_line'];
export type Follow = Shape['follow'];
export type WecomGroup = Shape['wecom_group'];
export type WecomDay = Shape['wecom_day'];
export type WecomJoin = Shape['wecom_join'];
export type WecomWay = Shape['wecom_way'];
export type WayCustomer = Shape['way_customer'];
export type WecomWelcome = Shape['wecom_welcome'];
export type WecomTemplate = Shape['wecom_template'];
export type WecomMass = Shape['wecom_mass'];
export type WecomTag = Shape['wecom_tag'];
export type WecomRobot = Shape['wecom_robot'];
export type WecomHandover = Shape['wecom_handover'];
export type WecomStaff = Shape['wecom_staff'];
export type WecomIntercept = Shape['wecom_intercept'];
export type WecomMarkTrouble = Shape['wecom_mark_trouble'];
export type MpCode = Shape['mp_code'];
export type MpMenu = Shape['mp_menu'];
export type BoundGroup = Shape['bound_group'];
export type Ask = Shape['ask'];
export type MessageLine = Shape['message_line'];
export type Stage = Group['stage'];

export type LiveCode = Shape['livecode'];
export type LiveCodeLine = Shape['livecode_line'];
export type LiveCodeDraft = Shape['livecode_draft'];
export type CodeState = LiveCode['state'];
export type Strategy = LiveCode['strategy'];
export type Gate = LiveCode['gate'];
export type Look = LiveCode['look'];
export type QrLevel = LiveCode['qr_level'];
export type Question = Shape['question'];
export type Approving = Shape['approving'];

export type Target = Shape['target_view'];
export type TargetDraft = Shape['target_draft'];
export type TargetKind = Target['kind'];
export type TargetState = Target['state'];
export type Clock = Shape['clock'];
export type Hours = Shape['window'];
export type SpecialDay = Shape['special'];

export type Source = Shape['link'];
export type SourceKind = Shape['link_draft']['kind'];
export type ImportResult = Shape['import_result'];
export type Numbers = Shape['numbers'];
export type Part = Shape['part'];
export type Visit = Shape['visit_line'];
export type Waiting = Shape['waiting_line'];

export type Application = Shape['application'];
export type Decided = Shape['decided'];
export type Member = Shape['member'];
export type MemberDetail = Shape['member_detail'];
export type Tag = Shape['tag'];
export type TagGroup = Shape['tag_group'];
export type Level = Shape['level'];
export type MemberField = Shape['member_field'];
export type MemberConsents = Shape['member_consents'];
export type Note = Shape['note'];
export type Happened = Shape['happened'];
export type MergeLine = Shape['merge_line'];
export type Twin = Shape['twin'];

/* The server always says every field of a condition; only who asks may leave some out. */
type Whole<T> = { [K in keyof T]-?: NonNullable<T[K]> };
export type Condition = Omit<Whole<Shape['condition']>, 'field'> & { field: Id | null };
export type Segment = Omit<Shape['segment'], 'where'> & { where: Condition[] };
export type SegmentAnswer = Shape['segment_answer'];
export type SegmentCount = Shape['segment_count'];
export type SegmentUser = Shape['segment_user'];
export type SegmentValue = Shape['segment_value'];

export type Partner = Shape['partner'];
export type PartnerDraft = Shape['partner_draft'];
export type Voucher = Shape['voucher'];
export type Colleague = Shape['colleague'];
export type Policy = Shape['policy'];
export type Invite = Shape['invite'];
export type InviteDraft = Shape['invite_draft'];
export type LinkMade = Shape['link_made'];
export type Door = Shape['door'];
export type Joined = Shape['joined'];
export type Resetting = Shape['resetting'];
export type SessionLine = Shape['session_line'];
export type TokenDraft = Shape['token_draft'];
export type TokenLine = Shape['token_line'];
export type TokenMade = Shape['token_made'];
export type ScopeLine = Shape['scope_line'];
export type Second = Shape['second'];
export type Enrolment = Shape['enrolment'];
export type Recovery = Shape['recovery'];
export type AuditLine = Shape['audit_line'];
export type Uploaded = Shape['uploaded'];

export type TemplateLine = Shape['template_line'];
export type TemplateView = Shape['template_view'];
export type TemplateStep = Shape['template_step'];
export type TemplateUse = Shape['template_use'];
export type TemplateUndone = Shape['template_undone'];
export type TemplateChange = Shape['template_change'];
export type Templated = Shape['templated'];
export type Import = Shape['import'];
export type ImportPlan = Shape['import_plan'];
export type ImportSight = Shape['import_sight'];
export type ImportLeft = Shape['import_left'];
export type Export = Shape['export'];

export type Poster = Shape['poster'];
export type PosterLayer = Shape['poster_layer'];
export type PosterLine = Shape['poster_brief'];
export type PosterStarter = Shape['poster_starter'];
export type PosterCheck = Shape['poster_check'];
export type PosterBrand = Shape['poster_brand'];
export type PosterUploaded = Shape['poster_uploaded'];
export type Purpose = Shape['purpose'];
export type Privacy = Shape['privacy_page'];
export type PrivacyPreview = Shape['preview'];
export type ConsentState = Shape['consent_state'];
export type Erasure = Shape['erasure'];
export type ErasureLine = Shape['erasure_line'];

export type Automation = Omit<Shape['automation_whole'], 'where'> & { where: Condition[] };
export type AutomationDraft = Shape['automation_draft'];
export type AutomationKinds = Shape['kinds'];
export type Act = Shape['act_line'];
export type ActField = Shape['act_field'];
export type AutomationPreset = Shape['preset_line'];
export type AutomationRunLine = Shape['automation_run_line'];
export type AutomationRecent = Shape['recent'];
export type AutomationDry = Shape['dry'];
export type AutomationTest = Shape['automation_test'];
export type AutomationTestLine = Shape['automation_test_line'];

export type Campaign = Shape['campaign'];
export type CampaignWhole = Shape['campaign_whole'];
export type CampaignDraft = Shape['campaign_draft'];
export type Prize = Shape['prize'];
export type PrizeKind = Prize['kind'];
export type Objection = Shape['objection'];
export type ParticipantLine = Shape['participant_line'];
export type ParticipantWhole = Shape['participant_whole'];
export type HelpLine = Shape['help_line'];
export type RedeemPlace = Shape['redeem_place'];
export type RedeemLine = Shape['redeem_line'];
export type OpenSpan = Shape['open_span'];
export type PrizeOrder = Shape['prize_order'];
export type Tally = Shape['tally'];
export type CampaignResult = Shape['result'];
export type SheetResult = Shape['sheet_result'];
export type Finding = Shape['finding_line'];
export type Evidence = Shape['evidence_line'];
export type Appeal = Shape['appeal'];
export type FraudLimit = Shape['limit_line'];
export type FraudBlock = Shape['block'];
export type CampaignNumbers = Shape['campaign_numbers'];
export type TrendHour = Shape['trend_hour'];
export type SimInput = Shape['sim_input'];
export type SimForecast = Shape['sim_forecast'];
export type ForecastShown = Shape['forecast_shown'];
export type Tidings = Shape['tidings_shown'];
export type TidingLine = Shape['tiding_line'];
export type ToldLine = Shape['told_line'];
export type TreeLine = Shape['tree_line'];
export type SeenLine = Shape['seen_line'];
export type PointsAccount = Shape['points_account'];
export type FunnelSteps = Shape['funnel_steps'];
export type ReferSums = Shape['refer_sums'];
export type ContestSettings = Shape['contest'];
export type EntryReviewed = Shape['entry_reviewed'];
export type DrawWhole = Shape['draw_whole'];
export type DrawLine = Shape['draw_line'];
export type ChancesLeft = Shape['chances_left'];

export type DoctorPage = Shape['doctor_page'];
export type Examination = Shape['exam_line'];
export type Diagnosis = Shape['doctor_finding'];
export type Outbox = Shape['brake_page'];
export type SendLine = Shape['send_line'];
export type QueueLine = Shape['queue_line'];
export type SheetItem = Shape['sheet_item'];
