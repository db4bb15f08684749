/** Which news count, what stands first, and the one thing a doctor wants to know of a request now. */
import { afterEach, expect, test } from 'vitest'
import { newsOf } from './announce'
import { faultsOf } from './form'
import { setLanguage } from './i18n'
import { noticeWords } from './notices'
import { headline, stepsOf } from './progressWords'
import { callType, isUnreachable, latestFor, merged, othersFor, progressOf, replaced, sorted, toneOf, unreadIn } from './requests'
import type { AssistRequest } from './requests'
import { RAISED, leg, request, type } from './testing/samples'

const NOW = Date.parse('2026-11-23T02:00:10Z')
const later = (seconds: number): number => NOW + seconds * 1000

afterEach(() => { setLanguage('zh') })

test('news that come twice or too late change nothing', () => {
  const known = merged({}, request({ version: 3, state: 'accepted' }))
  expect(merged(known, request({ version: 3, state: 'waiting' }))).toBe(known)
  expect(merged(known, request({ version: 2, state: 'waiting' }))).toBe(known)
  expect(merged(known, request({ version: 4, state: 'arrived' })).r1?.state).toBe('arrived')
})

test('a fresh list drops what is gone and keeps what was raised or moved on while it was read', () => {
  const known = { old: request({ id: 'old' }), r1: request({ version: 5 }), fresh: request({ id: 'fresh', raised_at: '2026-11-23T02:00:11Z' }) }
  const now = replaced(known, [request({ version: 4, state: 'accepted' })], NOW)
  expect(Object.keys(now).sort()).toEqual(['fresh', 'r1'])
  expect(now.r1?.version).toBe(5)
})

test('open requests stand first, the newest on top; then the last to end', () => {
  const at = (id: string, minute: number, ended?: number): AssistRequest => {
    const clock = (m: number): string => `2026-11-23T02:0${String(m)}:00Z`
    return request({ id, raised_at: clock(minute), ended_at: ended === undefined ? null : clock(ended) })
  }
  const all = [at('a', 1), at('b', 2), at('c', 0, 9), at('d', 3, 4)]
  const { open, ended } = sorted(Object.fromEntries(all.map((one) => [one.id, one])))
  expect([open.map((one) => one.id), ended.map((one) => one.id)]).toEqual([['b', 'a'], ['c', 'd']])
})

test('a visit has its newest call, and beside it what else is open for it', () => {
  const all = [
    request({ id: 'first', ended_at: RAISED }),
    request({ id: 'second', raised_at: '2026-11-23T02:05:00Z' }),
    request({ id: 'parcel', type_key: 'medicine_enquiry', unread: 2 }),
    request({ id: 'done', type_key: 'rebook', ended_at: RAISED }),
    request({ id: 'other', appointment_id: 'a2' }),
  ]
  const known = Object.fromEntries(all.map((one) => [one.id, one]))
  expect(latestFor(known, 'a1', 'call_patient')?.id).toBe('second')
  expect(othersFor(known, 'a1', 'call_patient').map((one) => one.id)).toEqual(['parcel'])
  expect(unreadIn(known)).toBe(2)
})

test('the call is the type with a ladder, whatever the hospital calls it', () => {
  expect(callType([type({ key: 'x', ladder: '' }), type({ key: 'ours' })])?.key).toBe('ours')
  expect(callType([type({ about: 'nobody', ladder: '' })])).toBeUndefined()
})

test.each<[string, Partial<AssistRequest>, string, string]>([
  ['just sent', {}, '已提交，等待医助接单', 'wait'],
  ['left outside the hours', { state: 'left', answer_by: '2026-11-23T05:30:00Z' }, '已提交，医助暂不在岗', 'wait'],
  ['taken', { state: 'accepted', assignee_name: '徐若楠', accepted_at: RAISED }, '徐若楠已接单', 'run'],
  ['message out', { state: 'waiting', legs: [leg()] }, '站内提醒已发给妈妈', 'run'],
  ['ringing', { state: 'calling', assignee_name: '徐若楠', legs: [leg(), leg({ id: 'l2', channel: 'telephone', state: 'sending' })] }, '徐若楠正在拨打妈妈电话', 'run'],
  ['message failed', { state: 'calling', legs: [leg({ channel: 'sms', state: 'failed', reason: 'isv.unknown' })] }, '短信没有送到妈妈：没有送达', 'run'],
  ['picked up', { state: 'calling', legs: [leg({ channel: 'telephone', state: 'answered', outcome: 'coming' })] }, '妈妈在电话里说：马上上线', 'run'],
  ['nobody reached', { state: 'calling', legs: [leg({ channel: 'telephone', state: 'failed', outcome: 'no_answer' })] }, '暂未联系上家长', 'wait'],
  ['promised', { state: 'promised', promised_at: '2026-11-23T02:05:00Z', legs: [leg()] }, '家长说 10:05 上线', 'run'],
  ['online', { state: 'arrived', arrived_at: '2026-11-23T02:03:00Z', arrived_by: 'presence', ended_at: '2026-11-23T02:03:00Z' }, '患者已上线 · 10:03', 'done'],
  ['taken back', { state: 'withdrawn', outcome: 'withdrawn', ended_at: RAISED }, '已撤回 · 10:00', 'quiet'],
  ['session over', { state: 'closed', outcome: 'session_over', ended_at: RAISED }, '门诊已结束，呼叫关闭 · 10:00', 'quiet'],
  ['nobody rang', { state: 'calling', legs: [leg({ channel: 'telephone', state: 'failed', reason: 'not_dialled' })] }, '妈妈电话未接通：没有拨出', 'run'],
  ['closed by an assistant', { state: 'closed', outcome: 'assist.unreachable', ended_at: RAISED }, '没有联系上家长 · 10:00', 'quiet'],
  ['closed as the hospital likes', { state: 'closed', outcome: 'pharmacist', ended_at: RAISED }, '医助已办结 · 10:00', 'quiet'],
])('%s', (_, changes, words, tone) => {
  const line = headline(request(changes), NOW)
  expect([line.words, line.tone]).toEqual([words, tone])
})

test('waiting longer than agreed is an alarm, and says that the supervisor knows', () => {
  const line = headline(request(), later(25))
  expect(line).toEqual({ words: '已提交，等待医助接单', detail: '已等 0:35 · 已提醒班长', tone: 'alarm', icon: 'alert' })
})

test('messages that go out by themselves do not hide that nobody has taken it', () => {
  const line = headline(request({ legs: [leg()] }), later(25))
  expect(line).toMatchObject({ words: '站内提醒已发给妈妈', detail: '还没有人接单，已提醒班长 · 10:00', tone: 'alarm' })
})

test('a promise is counted down, and afterwards its delay is told', () => {
  const promised = request({ state: 'promised', promised_at: '2026-11-23T02:05:00Z' })
  expect(headline(promised, NOW).detail).toBe('还有 5 分钟')
  expect(headline(promised, later(600))).toMatchObject({ detail: '已过 5 分钟，还没有上线', tone: 'alarm' })
})

test('a family is not called unreachable while another attempt is under way', () => {
  const missed = leg({ channel: 'telephone', state: 'failed', outcome: 'no_answer' })
  expect(isUnreachable([missed])).toBe(true)
  expect(isUnreachable([missed, leg({ id: 'l2', channel: 'telephone', state: 'planned', attempt: 2 })])).toBe(false)
  expect(isUnreachable([missed, leg({ id: 'l2', channel: 'telephone', state: 'skipped' })])).toBe(true)
  expect(isUnreachable([])).toBe(false)
})

test('the steps tell what has happened with its time, and what is awaited', () => {
  const legs = [leg({ to: '', state: 'delivered', delivered_at: '2026-11-23T02:01:00Z' }), leg({ id: 'l2', channel: 'telephone', to: '138****0000', attempt: 2, state: 'sending', sent_at: '2026-11-23T02:02:00Z' })]
  const steps = stepsOf(request({ state: 'calling', assignee_name: '徐若楠', accepted_at: '2026-11-23T02:01:30Z', legs }), NOW)
  expect(steps.map((step) => [step.words, step.detail, step.at, step.tone])).toEqual([
    ['已提交', '', '10:00', 'done'],
    ['站内提醒已送达妈妈', '', '10:01', 'done'],
    ['徐若楠已接单', '', '10:01', 'done'],
    ['徐若楠正在拨打妈妈电话', '第 2 次 · 138****0000', '10:02', 'run'],
    ['等患者上线', '', '', 'ahead'],
  ])
})

test('a request that its assistant has left waits again', () => {
  const left = request({ accepted_at: RAISED, assignee_name: null })
  expect(stepsOf(left, NOW).map((step) => step.words)).toEqual(['已提交', '等待医助接单', '等医助办结'])
})

test('every state has words and a tone, and an end of its own', () => {
  const states: AssistRequest['state'][] = ['waiting', 'left', 'accepted', 'calling', 'promised', 'arrived', 'withdrawn', 'closed']
  for (const state of states) {
    const one = request({ state, ended_at: ['arrived', 'withdrawn', 'closed'].includes(state) ? RAISED : null })
    expect([state, headline(one, NOW).words]).not.toEqual([state, ''])
    expect(toneOf(progressOf(one, NOW))).toBeTruthy()
    expect(stepsOf(one, NOW).length).toBeGreaterThan(1)
  }
})

test('what has just happened is announced once, and nothing at the first look', () => {
  const before = { r1: request() }
  const taken = { r1: request({ version: 2, state: 'accepted', assignee_name: '徐若楠' }) }
  const there = { r1: request({ version: 3, state: 'arrived', assignee_name: '徐若楠' }) }
  expect(newsOf({}, taken)).toEqual([])
  expect(newsOf(before, taken)).toEqual([{ code: 'accepted', fields: { child: '刘*', name: '徐若楠' } }])
  expect(newsOf(taken, there).map((one) => one.code)).toEqual(['arrived'])
  expect(newsOf(there, there)).toEqual([])
})

test('a form says what it lacks, counting characters as people do', () => {
  const form = type({ form: [{ key: 'text', zh: '说明', en: 'Words', kind: 'text', required: true, limit: 3, choices: [] }] })
  expect(faultsOf(form, { text: '  ' })).toEqual({ text: { is: 'missing' } })
  expect(faultsOf(form, { text: '好的好的' })).toEqual({ text: { is: 'too_long', limit: 3, count: 4 } })
  expect(faultsOf(form, { text: '𠮷好👍' })).toEqual({})
})

test('notices speak to the doctor, also when a time is missing or the code is new', () => {
  const words = (code: string, fields: Record<string, string> = {}): string => noticeWords({ kind: 'notice', code, fields }, NOW)
  expect(words('agent.joined', { name: '徐若楠' })).toBe('徐若楠已接单。')
  expect(words('message.promised', { promised_at: '2026-11-24T00:00:00Z' })).toBe('医助现在不在岗，会在 明天 08:00 前处理。')
  expect(words('message.promised')).toBe('医助现在不在岗，上岗后处理。')
  expect(words('something.new')).toBe('请求有了新进展。')
  setLanguage('en')
  expect(words('assist.arrived', { by: 'presence' })).toBe('The patient is online.')
})
