/* words.ts: every sentence of the member pages, in both languages.
 *
 * Chinese first, as an operator would say it to a member; English likewise, not translated word by word. A sentence
 * says what happened, why, and what to do next. {name} is filled in.
 */
import { ref } from 'vue';

const zh = {
  today_at: '今天 {clock}', tomorrow_at: '明天 {clock}',
  days_hours: '{d} 天 {h} 小时', hours_minutes: '{h} 小时 {m} 分', minutes_seconds: '{m} 分 {s} 秒',
  days: '天', hours: '时', minutes: '分', seconds: '秒',

  offline: '网络断了，正在重试', crowded: '服务器正忙，正在重试',
  gave_up: '网络一直没有恢复，这一步还没办成。请检查网络后再点一次，不会重复提交。',
  went_wrong: '刚才没有办成，问题在我们这边。请稍后再试一次。',
  back: '返回', retry: '重试', close: '返回微信', copy: '复制', copied: '已复制', call: '拨打',
  optional: '选填', required: '这一项要填', pick_one: '请选一项',
  phone_wrong: '手机号好像不对，请再看看',
  checked: '{clock} 刚看过，还没有变化',
  contact: '联系管理员',

  rules: '群规', help: '扫不了？', report: '举报',

  members_owner: '已有 {members} 位成员，由 {owner} 管理', members: '已有 {members} 位成员', owner: '由 {owner} 管理',
  qr_of: '{title} 的二维码',
  qr_broken: '二维码没有加载出来', qr_again: '重新加载',
  hold: '长按二维码', hold_join: '，识别后加入', hold_friend: '，识别后加 {owner} 为好友', hold_friend_plain: '，识别后加好友',
  shot: '先截屏，再用微信「扫一扫」从相册识别', scan_desk: '用手机微信扫一扫，就能加入',
  left: '还有 {n} 个名额，满了会自动换到下一个群', left_few: '只剩 {n} 个名额，满了会自动换到下一个群',
  good_for: '这个二维码还有 {span}有效', closes_in: '入口将在 {span}后关闭',
  no_qr: '二维码正在更换', no_qr_why: '旧的失效了，已经提醒管理员换新的。过一会儿再看看。',
  joined: '我已经进群了', joined_friend: '我已经加好友了',
  open_link: '打开链接', goes_to: '将前往 {host}',
  friend_then: '加上之后，对方会把你拉进群',

  joined_title: '欢迎进群', joined_ask: '你在群里叫什么', joined_ask_hint: '方便管理员认出你，不填也可以。',
  joined_sure: '确认，我进群了', joined_not_yet: '还没进群，回去看二维码',
  joined_sure_friend: '确认，我加好了', joined_not_yet_friend: '还没加上，回去看二维码',
  friend_ask: '你的微信昵称',

  done: '你已经在群里了', done_in: '你在「{title}」。', done_friend: '已经记下了',
  done_why: '我们记下了。现在可以回到微信，在群里和大家打招呼。',
  done_friend_why: '对方通过后，会把你拉进群。请留意微信消息。',
  already_why: '一个人进一个群就够了，位置留给还没进来的朋友。在微信里搜群名就能找到它。',
  done_again: '不小心退群了？', done_again_how: '长按这个二维码，可以再进来',

  form_title: '先回答几个问题', form_why: '管理员看过之后，就会给你进群的二维码。', form_send: '提交申请',
  password_title: '请输入口令', password_why: '口令由邀请你的人告诉你。', password_label: '口令', password_send: '进入',
  voucher_title: '凭券进群', voucher_why: '券码在你的券上，由字母和数字组成。', voucher_label: '券码', voucher_send: '用这张券进群',
  proof_title: '完成一个小任务', proof_why: '完成后把截图或链接发上来，管理员看过就会给你进群的二维码。',
  proof_task: '任务', proof_example: '示例', proof_picture: '上传截图', proof_change: '换一张',
  proof_link: '或者贴链接', proof_link_hint: '以 http 开头', proof_send: '提交', proof_need: '请上传截图，或者贴上链接',
  proof_shrinking: '正在处理图片', picture_broken: '这张图片打不开，请换一张（PNG 或 JPEG）',
  uploading: '正在上传',

  pending: '已提交，等管理员审核', pending_why: '可以先离开，回来打开同一个链接就能看到结果。',
  pending_look: '看看结果', step_sent: '已提交', step_review: '审核中', step_qr: '拿到二维码',
  pending_live: '停在这一页也行，有结果会自动显示',

  rejected: '这次没有通过', rejected_why: '管理员看过了，暂时没有通过。', rejected_reason: '管理员留言',
  rejected_again: '改一改，再提交', rejected_ask: '如果觉得有误会，可以联系管理员说明情况。',

  locate: '找到离你最近的群', locate_why: '每个地区有自己的群。用一下你的位置，只为挑群，不会展示给别人。',
  locate_use: '用我的位置', locating: '正在定位', locate_refused: '没有拿到位置。请在下面选一个，也可以打开定位后再试。',
  choose: '选一个群', choose_why: '选离你近的，或者你常去的。', choose_self: '也可以自己选',
  choose_filter: '搜地区或名字', choose_none: '没有找到，换个词试试', nearest: '最近',
  metres: '{n} 米', kilometres: '{n} 公里',

  full: '现在的群都满了', full_why: '名额已经用完。管理员开了新群，这个链接就会显示新的二维码，不用换链接。',
  full_look: '看看有没有新名额', waiting_title: '暂时没有名额，先排个队',
  waiting_why: '留个联系方式，有名额时管理员按顺序通知你。', waiting_ahead: '现在有 {n} 人在排队',
  waiting_contact: '手机号或微信号', waiting_nickname: '怎么称呼你', waiting_send: '加入候补',
  waited: '已经排上队了', waited_place: '你排在第', waited_place_unit: '位',
  waited_why: '有名额时管理员会按你留的联系方式找你。也可以随时回来打开这个链接看看。',

  expired: '二维码过期了', expired_why: '群二维码隔几天就会失效，已经提醒管理员换新的。链接不变，过一会儿回来就好。',
  ended: '已经结束了', ended_at: '入口在 {at} 关闭了。', ended_why: '不再接受新成员。已经在群里的不受影响。',
  early: '还没到时间', early_at: '{at} 开放', early_why: '到时间会自动显示二维码，不用刷新。也可以到点再打开这个链接。',
  paused: '入口暂时关了', paused_why: '管理员正在调整，恢复后还是这个链接。请晚些再来。',
  unknown: '没有找到这个入口', unknown_why: '链接可能抄错了，或者已经撤下。请向发给你的人再要一次二维码。',
  error: '页面没有打开', error_why: '问题在我们这边，不在你的手机。过几秒再试一次。',
  look_again: '再看看',

  voucher_of: '由 {partner} 提供', voucher_show: '到店出示，由店员扫码核销', voucher_until: '{at} 前有效',
  voucher_left: '还剩 {span}', voucher_used: '已经使用过', voucher_used_why: '这张券已由店员核销，不能再用。',
  voucher_expired: '已经过期', voucher_expired_why: '这张券在 {at} 过期了。可以问问店家还有没有新的。',
  voucher_code: '券码',

  rules_title: '群规', rules_none: '管理员还没有写群规。',
  help_title: '扫不了怎么办', help_1: '长按二维码两秒', help_1_how: '手指按住不动，等菜单出现，选「识别图中的二维码」。',
  help_2: '没有菜单？截屏再扫', help_2_how: '截一张屏，打开微信「扫一扫」，点右下角「相册」，选刚才的截图。',
  help_3: '提示已满或过期', help_3_how: '二维码可能刚换过，重新获取一次。', help_3_do: '重新获取二维码',
  help_4: '不在微信里', help_4_how: '复制链接，发给微信的「文件传输助手」，再从那里打开。', help_4_do: '复制链接',
  help_5: '还是不行',
  report_title: '举报', report_why: '告诉管理员哪里不对。不会告诉群里的人是你说的。',
  report_kinds: '哪里不对|冒充或诈骗|违规内容|诱导转发或骚扰|群和介绍不符|其他', report_more: '补充说明',
  report_send: '提交举报', report_done: '收到了，谢谢', report_done_why: '我们会尽快核实处理。',
};

export type Word = keyof typeof zh;

const en: Record<Word, string> = {
  today_at: 'today {clock}', tomorrow_at: 'tomorrow {clock}',
  days_hours: '{d} d {h} h', hours_minutes: '{h} h {m} min', minutes_seconds: '{m} min {s} s',
  days: 'days', hours: 'h', minutes: 'min', seconds: 's',

  offline: 'Connection lost, trying again', crowded: 'The server is busy, trying again',
  gave_up: 'The connection has not come back, so this is not done yet. Check it and tap again; nothing is sent twice.',
  went_wrong: 'That did not work, and the fault is ours. Please try again in a moment.',
  back: 'Back', retry: 'Try again', close: 'Back to WeChat', copy: 'Copy', copied: 'Copied', call: 'Call',
  optional: 'optional', required: 'Please fill this in', pick_one: 'Please pick one',
  phone_wrong: 'That does not look like a phone number',
  checked: 'Looked at {clock}, nothing new yet',
  contact: 'Contact the admin',

  rules: 'Rules', help: 'Cannot scan?', report: 'Report',

  members_owner: '{members} members, run by {owner}', members: '{members} members', owner: 'Run by {owner}',
  qr_of: 'QR code of {title}',
  qr_broken: 'The QR code did not load', qr_again: 'Load again',
  hold: 'Press and hold the code', hold_join: ' to join', hold_friend: ' to add {owner}',
  hold_friend_plain: ' to add the contact',
  shot: 'Take a screenshot, then open it with Scan in WeChat', scan_desk: 'Scan it with WeChat on your phone to join',
  left: '{n} places left; when full, you get the next group',
  left_few: 'Only {n} places left; when full, you get the next group',
  good_for: 'This code works for another {span}', closes_in: 'Closes in {span}',
  no_qr: 'The QR code is being replaced',
  no_qr_why: 'The old one has run out and the admin has been told. Look again in a while.',
  joined: 'I have joined', joined_friend: 'I have added them',
  open_link: 'Open the link', goes_to: 'Goes to {host}',
  friend_then: 'They will bring you into the group',

  joined_title: 'Welcome', joined_ask: 'Your name in the group',
  joined_ask_hint: 'So that the admin knows it is you. You may leave it empty.',
  joined_sure: 'Yes, I have joined', joined_not_yet: 'Not yet, show me the code',
  joined_sure_friend: 'Yes, I have added them', joined_not_yet_friend: 'Not yet, show me the code',
  friend_ask: 'Your WeChat name',

  done: 'You are in the group', done_in: 'You are in “{title}”. ', done_friend: 'Noted',
  done_why: 'We have made a note. Go back to WeChat and say hello.',
  done_friend_why: 'Once accepted, they will bring you into the group. Watch your messages.',
  already_why: 'One group each is enough, so that others find a place. Search for its name in WeChat.',
  done_again: 'Left by mistake?', done_again_how: 'Press and hold this code to come back',

  form_title: 'A few questions first', form_why: 'An admin reads your answers, then you get the QR code.',
  form_send: 'Send',
  password_title: 'Enter the password', password_why: 'Whoever invited you knows it.', password_label: 'Password',
  password_send: 'Enter',
  voucher_title: 'Join with a voucher', voucher_why: 'The code on your voucher, letters and digits.',
  voucher_label: 'Voucher code', voucher_send: 'Use this voucher',
  proof_title: 'One small task',
  proof_why: 'When it is done, send a screenshot or a link. An admin looks at it, then you get the QR code.',
  proof_task: 'Task', proof_example: 'Example', proof_picture: 'Add a screenshot', proof_change: 'Change',
  proof_link: 'Or paste a link', proof_link_hint: 'Begins with http', proof_send: 'Send',
  proof_need: 'Add a screenshot or paste a link',
  proof_shrinking: 'Preparing the picture',
  picture_broken: 'This picture cannot be opened; choose another (PNG or JPEG)',
  uploading: 'Uploading',

  pending: 'Sent, waiting for an admin', pending_why: 'You may leave; the same link shows the answer later.',
  pending_look: 'Look now', step_sent: 'Sent', step_review: 'In review', step_qr: 'QR code',
  pending_live: 'If you stay, the answer appears by itself',

  rejected: 'Not accepted this time', rejected_why: 'An admin has read it and did not accept it for now.',
  rejected_reason: 'The admin says',
  rejected_again: 'Change it and send again', rejected_ask: 'If this is a misunderstanding, tell the admin.',

  locate: 'Find the group nearest to you',
  locate_why: 'Each area has its own group. Your position is used to pick one and is shown to nobody.',
  locate_use: 'Use my position', locating: 'Finding you',
  locate_refused: 'We could not get your position. Pick one below, or allow it and try again.',
  choose: 'Pick a group', choose_why: 'The one near you, or where you usually go.', choose_self: 'Or pick one yourself',
  choose_filter: 'Area or name', choose_none: 'Nothing found; try another word', nearest: 'nearest',
  metres: '{n} m', kilometres: '{n} km',

  full: 'All groups are full',
  full_why: 'There is no place left. When a new group opens, this same link shows its code.',
  full_look: 'Any place now?', waiting_title: 'No place just now; join the queue',
  waiting_why: 'Leave a way to reach you. The admin goes through the list in order.',
  waiting_ahead: '{n} people are in the queue',
  waiting_contact: 'Phone number or WeChat ID', waiting_nickname: 'What we should call you',
  waiting_send: 'Join the queue',
  waited: 'You are in the queue', waited_place: 'Your place', waited_place_unit: '',
  waited_why: 'The admin will get in touch when there is room. You can also open this link again at any time.',

  expired: 'The QR code has expired',
  expired_why: 'Group codes run out every few days; the admin has been told. Come back to this same link in a while.',
  ended: 'This has ended', ended_at: 'It closed {at}.',
  ended_why: 'No new members are taken. Nothing changes for those already in.',
  early: 'Not open yet', early_at: 'Opens {at}',
  early_why: 'The QR code appears here by itself when it is time. You can also come back to this link then.',
  paused: 'Closed for a moment',
  paused_why: 'The admin is changing something. The link stays the same; please come back later.',
  unknown: 'There is nothing here',
  unknown_why: 'The link may be mistyped or withdrawn. Ask whoever sent it for the code again.',
  error: 'The page did not open', error_why: 'The fault is ours, not your phone’s. Try again in a few seconds.',
  look_again: 'Look again',

  voucher_of: 'From {partner}', voucher_show: 'Show it in the shop; staff will scan it',
  voucher_until: 'Valid until {at}',
  voucher_left: '{span} left', voucher_used: 'Used',
  voucher_used_why: 'The shop has redeemed this voucher; it cannot be used again.',
  voucher_expired: 'Expired', voucher_expired_why: 'It ran out {at}. The shop may have a new one.',
  voucher_code: 'Code',

  rules_title: 'Group rules', rules_none: 'The admin has not written any rules yet.',
  help_title: 'If it does not scan', help_1: 'Press and hold for two seconds',
  help_1_how: 'Keep your finger still until a menu appears, then choose “Extract QR code”.',
  help_2: 'No menu? Use a screenshot', help_2_how: 'Take a screenshot, open Scan in WeChat, tap Album, and choose it.',
  help_3: 'It says full or expired', help_3_how: 'The code may have changed just now. Get it again.',
  help_3_do: 'Get the code again',
  help_4: 'Not inside WeChat',
  help_4_how: 'Copy the link, send it to “File Transfer” in WeChat, and open it from there.',
  help_4_do: 'Copy the link',
  help_5: 'Still stuck',
  report_title: 'Report', report_why: 'Tell the admins what is wrong. Nobody in the group learns that it was you.',
  report_kinds:
    'What is wrong|Impersonation or fraud|Forbidden content|Forced sharing or harassment|' +
    'Not what it claims to be|Something else',
  report_more: 'Tell us more',
  report_send: 'Send the report', report_done: 'Got it, thank you', report_done_why: 'We will look into it soon.',
};

export const lang = ref<'zh' | 'en'>('zh');

export function say(word: Word, fill: Record<string, string | number> = {}): string {
  return (lang.value === 'en' ? en : zh)[word].replace(/\{(\w+)\}/g, (_, name) => String(fill[name]));
}
