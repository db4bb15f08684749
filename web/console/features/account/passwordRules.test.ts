import { expect, test } from 'vitest'
import { rulesFor } from './passwordRules'

const LINA = { login: 'ward3.lina', names: ['李娜', 'Li Na'] }
const unmet = (password: string): string[] => rulesFor(password, LINA).filter(([, state]) => state === false).map(([name]) => name)

test.each([
  ['', ['length', 'own', 'varied', 'common']],
  ['滴水穿石 2026 夏', []],
  ['my LINA is 2026', ['own']],
  ['李娜今天也来上班了吗', ['own']],
  ['ward and garden', ['own']],
  ['ababababab', ['varied']],
  ['1234567890', ['common']],
  ['19870612138', ['common']],
])('%s lacks %j', (password, lacks) => {
  expect(unmet(password)).toEqual(lacks)
})
