/* words.ts: the sentences of the lottery's page, in both languages. */
import { lang } from '../words';

const zh = {
  spin: '抽奖',
  spinning: '开奖中',
  left: '还有 {n} 次机会',
  left_none: '今天的机会用完了',
  ticket_take: '拿一张抽奖票',
  ticket_wait: '正在出票',
  tickets: '我的抽奖票',
  ticket: '第 {n} 号',
  lots_at: '{at} 开奖',
  lots_why: '票号越多，机会越多。到时间由程序当场抽出，每张票最多中一次。',
  lots_drawing: '正在开奖',
  lots_drawing_why: '结果马上出来，不用刷新。',
  lots_done: '已经开奖',
  lots_none: '这次没有抽中，谢谢你来。',

  won: '抽中了',
  won_look: '查看奖品',
  won_address: '填收货地址',
  none: '谢谢参与',
  none_why: '这次没有抽中。',
  again: '还有 {n} 次，再试试。',

  how_day: '每天 {n} 次，当天有效',
  how_most: '每人最多 {n} 次',
  how_helps: '每 {n} 位好友助力，多得 1 次，最多 {most} 次',
  how_wins_most: '每人最多中 {n} 份',
  how_wins_day: '每天最多中 {n} 份',
  how: '怎么抽',
  how_empty: '抽到的奖品若已发完，会在还有库存的奖品里重新抽，不会落空；全部发完时不能再抽，次数不扣。',
  draw_empty: '奖品已经抽完了，谢谢你来。',
  won_enough: '你已经中满了，把机会留给别人吧。',
  won_enough_today: '今天已经中满了，明天再来。',
  no_chance: '机会用完了。',
  no_chance_day: '今天的机会用完了，明天再来。',
  full: '抽奖票已经发完了。',

  prizes: '奖品和概率',
  chance: '概率 {p}',
  pieces: '共 {n} 份，剩 {left}',
  pieces_all: '共 {n} 份',
  thanks_chance: '其余 {p} 为「{thanks}」',
  my: '我抽到的',
  my_none: '还没有抽过。',
  winners: '谁中了',
  winners_none: '还没有人中奖。',
  link: '多得几次机会',
  link_how: '每 {n} 位好友打开你的链接并{act}，多得 1 次。',
  draws_closed: '抽奖已经结束',
  draws_closed_why: '抽中的奖品，请在 {at} 前领取。',

  fair: '为什么公平',
  fair_short: '结果在发布时就由一个保密的种子定下，谁也改不了。',
  fair_1: '1. 发布时，程序生成一个种子，并公布它和规则的指纹（承诺值）。种子换一个字，指纹就对不上。',
  fair_2: '2. 每次抽奖，用种子、抽奖编号和你手机自己生成的随机码算出结果。',
  fair_3: '3. 活动结束后公布种子。谁都可以下载全部记录，把每一个结果重新算一遍。',
  commitment: '承诺值（SHA-256）',
  seed: '种子',
  seed_later: '活动结束后在这里公布。',
  who: '你在记录里的记号',
  last: '最新一行的哈希',
  download: '下载抽奖记录',
  verify: '装了群图程序的人可以运行：quntu verify 文件名。用别的工具也能验，方法在文件第一行的规则和群图文档里。',
  my_tokens: '我的随机码',

  address_title: '填收货地址',
  address_do: '保存地址',
  address_wait: '正在保存',
  address_needed: '等你填收货地址',
};

type DrawWord = keyof typeof zh;

const en: Record<DrawWord, string> = {
  spin: 'Draw',
  spinning: 'Drawing',
  left: '{n} chance left|{n} chances left',
  left_none: 'No chances left today',
  ticket_take: 'Take a ticket',
  ticket_wait: 'Taking it',
  tickets: 'My tickets',
  ticket: 'No. {n}',
  lots_at: 'Winners are drawn {at}',
  lots_why: 'More tickets, better chances. The program draws at that moment; each ticket wins once at most.',
  lots_drawing: 'Drawing the winners',
  lots_drawing_why: 'They appear here by themselves.',
  lots_done: 'The winners are drawn',
  lots_none: 'Not this time. Thank you for taking part.',

  won: 'You won',
  won_look: 'See the prize',
  won_address: 'Say where to send it',
  none: 'No prize',
  none_why: 'Not this time.',
  again: '{n} more chance.|{n} more chances.',

  how_day: '{n} a day, for that day',
  how_most: '{n} in all for each person',
  how_helps: 'One more for every {n} friends who help, up to {most}',
  how_wins_most: '{n} prize for each person|{n} prizes for each person at most',
  how_wins_day: '{n} prize a day|{n} prizes a day at most',
  how: 'How it works',
  how_empty:
    'If the prize you draw has run out, it is drawn again among those that are left, so you never end up empty-handed for that. When all are gone, nothing is drawn and your chance stays.',
  draw_empty: 'All prizes have been drawn. Thank you for coming.',
  won_enough: 'You have won as often as one may.',
  won_enough_today: 'That is all one may win today; come back tomorrow.',
  no_chance: 'No chances left.',
  no_chance_day: 'No chances left today; come back tomorrow.',
  full: 'All tickets are taken.',

  prizes: 'Prizes and probability',
  chance: '{p}',
  pieces: '{left} of {n} left',
  pieces_all: '{n} piece|{n} pieces',
  thanks_chance: 'The other {p}: “{thanks}”',
  my: 'What I drew',
  my_none: 'Nothing yet.',
  winners: 'Who won',
  winners_none: 'Nobody yet.',
  link: 'More chances',
  link_how: 'One more for every {n} friends who open your link and {act}.',
  draws_closed: 'The lottery has ended',
  draws_closed_why: 'Claim what you won before {at}.',

  fair: 'Why it is fair',
  fair_short: 'Results follow from a secret seed that was fixed at publishing. Nobody can change them.',
  fair_1: '1. At publishing the program makes a seed and shows the fingerprint of seed and rules: the commitment. Another seed would have another fingerprint.',
  fair_2: '2. Each result follows from the seed, the number of the draw, and a token your own phone made up.',
  fair_3: '3. After the end the seed is shown. Anybody can take the file of all draws and derive every result again.',
  commitment: 'Commitment (SHA-256)',
  seed: 'Seed',
  seed_later: 'Shown here after the end.',
  who: 'Your mark in the file',
  last: 'Hash of the newest line',
  download: 'Download all draws',
  verify: 'Whoever has Quntu runs: quntu verify FILE. Other tools do as well; the rules stand on the first line, the method in Quntu’s documents.',
  my_tokens: 'My tokens',

  address_title: 'Where to send it',
  address_do: 'Save the address',
  address_wait: 'Saving',
  address_needed: 'Waiting for your address',
};

export function tell(word: DrawWord, fill: Record<string, string | number> = {}): string {
  const forms = (lang.value === 'en' ? en : zh)[word].split('|'); /* one|many, by {n} */
  const text = 'n' in fill && forms.length > 1 ? forms[fill.n === 1 ? 0 : 1] : forms.join('|');
  return text.replace(/\{(\w+)\}/g, (_, name) => String(fill[name]));
}
export const knows = (word: string): word is DrawWord => word in zh;

/* 500 → 0.05%, as exactly as it was published. */
export const percent = (ppm: number) => String(ppm / 10000).replace(/(\.\d*?)0+$/, '$1') + '%';
