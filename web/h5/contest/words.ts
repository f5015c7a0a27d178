/* words.ts: the sentences of the contest's page, in both languages. */
import { filled, lang, type Fill } from '../words';

const zh = {
  gallery: '全部作品',
  newest: '最新',
  by_votes: '票数最多',
  none: '还没有作品',
  none_why: '交第一个吧。',
  more: '再看一些',
  lost: '作品没有加载出来',
  votes: '{n} 票',
  number: '{n} 号',
  place: '第 {n} 名',
  by: '来自 {name}',

  vote: '投 TA 一票',
  voting: '正在投票',
  voted: '已投，谢谢',
  left: '今天还能投 {n} 票',
  why_self_help: '这是你自己的作品。',
  why_no_vote: '你的票已经投完了。',
  why_no_vote_today: '今天的票投完了，明天再来。',
  why_voted: '你已经给这个作品投满了。',
  why_campaign_closed: '现在不能投票。',
  pending_entry: '这个作品还没有公开。',
  all: '看全部作品',

  rule_day: '每人每天 {n} 票',
  rule_most: '每人一共 {n} 票',
  rule_entry: '每个作品最多投 {n} 票',

  submit: '交作品',
  again: '改好再交',
  mine: '我的作品',
  pending: '正在审核',
  pending_why: '主办方看过后会公开，公开后就可以请好友投票。',
  returned: '请改一改',
  passed: '已公开',
  my_page: '看我的作品页',
  link: '请好友投票',
  link_how: '好友打开你的链接，投你一票。',

  title: '标题',
  body: '说几句',
  pictures: '图片，最多 3 张',
  add: '加图片',
  drop: '去掉这张',
  keep_old: '不选新图片，就保留原来的。',
  picture_broken: '这张图片打不开，换一张试试。',
  name: '怎么称呼你',
  send: '提交审核',
  sending: '正在提交',
  checked: '提交后由主办方审核，通过才会公开。',
  closed: '活动已经结束',
  closed_why: '谢谢参加，看看大家的作品吧。',
};

type ContestWord = keyof typeof zh;

const en: Record<ContestWord, string> = {
  gallery: 'All entries',
  newest: 'Newest',
  by_votes: 'Most votes',
  none: 'No entries yet',
  none_why: 'Hand in the first.',
  more: 'More',
  lost: 'The entries did not arrive',
  votes: '{n} vote|{n} votes',
  number: 'No. {n}',
  place: 'Place {n}',
  by: 'by {name}',

  vote: 'Vote for it',
  voting: 'Voting',
  voted: 'Voted, thank you',
  left: '{n} vote left today|{n} votes left today',
  why_self_help: 'This is your own entry.',
  why_no_vote: 'You have no votes left.',
  why_no_vote_today: 'No votes left today; come back tomorrow.',
  why_voted: 'You have given this entry all you may.',
  why_campaign_closed: 'Votes are closed.',
  pending_entry: 'This entry is not public.',
  all: 'See all entries',

  rule_day: '{n} vote a day for each person|{n} votes a day for each person',
  rule_most: '{n} in all for each person',
  rule_entry: '{n} for one entry at most',

  submit: 'Hand in an entry',
  again: 'Change it and hand it in again',
  mine: 'My entry',
  pending: 'Being looked at',
  pending_why: 'The organiser looks at it first. Once it is public, ask your friends to vote.',
  returned: 'Please change something',
  passed: 'Public',
  my_page: 'See my page',
  link: 'Ask friends to vote',
  link_how: 'Friends open your link and vote.',

  title: 'Title',
  body: 'A few words',
  pictures: 'Pictures, up to 3',
  add: 'Add a picture',
  drop: 'Take this one off',
  keep_old: 'Without new pictures the old ones stay.',
  picture_broken: 'This picture cannot be read; try another one.',
  name: 'Your name here',
  send: 'Hand it in',
  sending: 'Sending',
  checked: 'The organiser looks at it before anybody else sees it.',
  closed: 'It has ended',
  closed_why: 'Thank you for taking part. Have a look at the entries.',
};

export function tell(word: ContestWord, fill: Fill = {}): string {
  return filled((lang.value === 'en' ? en : zh)[word], fill);
}
export function tellWhy(why: string): string {
  const own = ('why_' + why) as ContestWord;
  return own in zh ? tell(own) : '';
}
