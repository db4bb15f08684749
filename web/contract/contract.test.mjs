// @vitest-environment node
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DOCUMENT, TYPES, typesOf } from './types.mjs'

test('the committed types are those of the committed document', { timeout: 30_000 }, async () => {
  const generated = await typesOf(readFileSync(DOCUMENT, 'utf8'))
  expect(readFileSync(TYPES, 'utf8'), 'run `npm run contract` in web/ and commit both files').toBe(generated)
})
