import { expect, test } from 'vitest'
import { emptyForm, faultsOf, isSame, merge, tidy } from './form'
import type { EntryForm } from './api'

function form(part: Partial<EntryForm> = {}): EntryForm {
  return { ...emptyForm(), question: '怎么退号？', answer: '在“我的预约”里点“退号”。', category: '预约', ...part }
}

test('what only the other person changed is taken over', () => {
  const merged = merge(form(), form({ answer: '我写的' }), form({ owner: '门诊办' }))
  expect(merged.form).toMatchObject({ answer: '我写的', owner: '门诊办' })
  expect(merged).toMatchObject({ taken: ['owner'], disputed: [] })
})

test('what both changed stays mine and is disputed', () => {
  const merged = merge(form(), form({ answer: '我写的' }), form({ answer: '别人写的' }))
  expect(merged.form.answer).toBe('我写的')
  expect(merged).toMatchObject({ taken: [], disputed: ['answer'] })
})

test('what both changed in the same way is no dispute', () => {
  expect(merge(form(), form({ similar: ['能退吗'] }), form({ similar: ['能退吗'] }))).toMatchObject({ taken: [], disputed: [] })
})

test('empty lines, doubles and outer blanks are not sent', () => {
  expect(tidy(form({ similar: [' 能退吗 ', '', '能退吗'], question: ' 问 ' }))).toMatchObject({ similar: ['能退吗'], question: '问' })
  expect(isSame(form({ similar: ['a', ''] }), form({ similar: ['a'] }))).toBe(true)
})

test('a form says by field what keeps it from being saved', () => {
  expect(faultsOf(form())).toEqual({})
  const bad = form({ question: ' ', answer: '答'.repeat(8001), similar: ['x'.repeat(201)], valid_from: '2026-12-02', valid_until: '2026-12-01' })
  expect(faultsOf(bad)).toEqual({ question: 'empty', answer: 'too_long', similar: 'too_long', valid_until: 'order' })
  expect(faultsOf(form({ similar: Array.from({ length: 101 }, (_, at) => String(at)) }))).toEqual({ similar: 'too_many' })
})
