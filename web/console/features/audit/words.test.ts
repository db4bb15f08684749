import { expect, test } from 'vitest'
import type { AuditLine } from './api'
import { DEEDS, WHYS, actorWords, deedWords, subjectWords, whyWords } from './words'

function line(fields: Partial<AuditLine>): AuditLine {
  const texts = { actor_kind: 'staff', actor_id: 's1', actor_name: '', deed: '', subject: '', subject_name: '', why: '', record: '', way: 'http', view: '', request_id: '', address: '' }
  return { number: 1, at: '2026-11-23T02:00:00Z', ...texts, ...fields }
}

test('every deed and every detail that can be searched for has words', () => {
  expect(DEEDS.map((deed) => deedWords(line({ deed }))).filter((words) => words.includes('其他'))).toEqual([])
  expect(WHYS.filter((why) => whyWords({ why, deed: 'family.revealed' }) === why)).toEqual([])
})

test('a deed that has no words yet is told by its code', () => {
  expect(deedWords(line({ deed: 'moon.painted' }))).toBe('其他操作（moon.painted）')
})

test('a command is told by where it was given', () => {
  expect(deedWords(line({ deed: 'command.given', view: 'policy.post_policy' }))).toBe('操作 · 派单规则')
  expect(deedWords(line({ deed: 'command.given', view: 'user add' }))).toBe('操作 · user add')
  expect(deedWords(line({ deed: 'command.given', view: '' }))).toBe('后台操作')
})

test('a conversation is named by its number, a family by the end of its id, a stranger by nothing', () => {
  expect(subjectWords({ subject: 'conversation:0190aaaa-bbbb', subject_name: '20261123-0007' })).toBe('会话 20261123-0007')
  expect(subjectWords({ subject: 'guardian:0190aaaa-bbbb-cccc', subject_name: '' })).toBe('家长 …bbb-cccc')
  expect(subjectWords({ subject: 'staff:', subject_name: '' })).toBe('未知账号')
})

test('a search is told by the fields that were filled in', () => {
  expect(whyWords({ deed: 'records.searched', why: 'person+since' })).toBe('按人 · 按开始日期')
})

test('somebody whose account is gone is said to be, and a family has no name', () => {
  expect(actorWords(line({}))).toBe('已删除的员工')
  expect(actorWords(line({ actor_kind: 'visitor' }))).toBe('家长')
})

test('whoever signs in is named as who did it', () => {
  expect(actorWords(line({ actor_kind: 'system', deed: 'staff.signed_in', subject_name: '郑思齐' }))).toBe('郑思齐')
  expect(actorWords(line({ actor_kind: 'system', deed: 'sign_in.refused', subject: 'staff:' }))).toBe('未知账号')
})
