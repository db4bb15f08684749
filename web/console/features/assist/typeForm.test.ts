/** A type of request as it is edited: nothing is lost on the way into the form and back, and faults are told in words. */
import { expect, test } from 'vitest'
import { card } from '../../testing/assist'
import type { RequestType } from './api'
import { choicesOf, emptyField, formOf, problemWords, typeOf } from './typeForm'

const TYPE: RequestType = {
  ...card().kind,
  key: 'system_trouble',
  clocks: { accept: 30, attempt: 120, report: null },
  form: [
    { key: 'what', zh: '哪里不对', en: 'What is wrong', kind: 'choice', required: true, limit: 200, choices: [{ key: 'page', zh: '页面打不开', en: 'A page' }, { key: 'other', zh: '其他', en: 'Other' }] },
    { key: 'text', zh: '补充说明', en: 'More', kind: 'text', required: false, limit: 300, choices: [] },
  ],
}

test('a type that is only looked at is sent as it came', () => {
  expect(typeOf(formOf(TYPE))).toEqual(TYPE)
})

test('editing the form changes nothing in the list beside it', () => {
  const form = formOf(TYPE)
  form.roles.push('nurse')
  form.form.push(emptyField())
  expect([TYPE.roles, TYPE.form.length]).toEqual([['doctor'], 2])
})

test('an empty limit measures nothing, and what is no number goes to the server, which names its place', () => {
  const form = formOf(TYPE)
  form.clocks = { accept: '', attempt: 'soon', report: ' 300 ' }
  expect(typeOf(form).clocks).toEqual({ accept: null, attempt: 'soon', report: 300 })
})

test('choices are lines, with the bar of either keyboard; a text keeps none', () => {
  expect(choicesOf('page | 页面 | Page\n\nvideo｜音视频｜Video\nodd')).toEqual([
    { key: 'page', zh: '页面', en: 'Page' }, { key: 'video', zh: '音视频', en: 'Video' }, { key: 'odd', zh: '', en: '' },
  ])
  const form = formOf(TYPE)
  form.form[0]!.kind = 'text'
  expect(typeOf(form).form[0]?.choices).toEqual([])
})

test.each([
  ['zh: string_too_short', '中文名称：不能为空'],
  ['clocks.accept: greater_than_equal', '接单：太小'],
  ['roles: too_short', '谁可以发起：至少选一项'],
  ['form.0: choices_and_kind_differ', '第 1 项：单选要有选项，文字不能有选项'],
  ['form.1.choices.0.key: string_pattern_mismatch', '第 2 项 · 选项：只能用小写字母、数字、下划线，并以字母开头'],
  ['form.0.limit: int_parsing', '第 1 项 · 最多字数：要填整数'],
  ['*: ladder_without_patient', '整体：自动联系家长的类型必须针对患者'],
  ['something new', '整体：不符合要求'],
])('the fault %s is told as %s', (problem, words) => {
  expect(problemWords(problem)).toBe(words)
})
