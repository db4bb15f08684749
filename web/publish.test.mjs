// @vitest-environment node
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { publish, stepsBetween } from './publish.mjs'

/** @type {string} */
let folder

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/**
 * @param {string} name
 * @param {Record<string, string>} files
 */
function app(name, files) {
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, name, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return join(folder, name)
}

/** @param {string} path */
const filesIn = (path) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((file) => /\.\w+$/.test(file)).sort()

test('the new app takes the place of the old one whole', async () => {
  const served = app('served', { 'index.html': 'a', 'index.html.br': 'x', 'assets/a-11111111.js': 'a', 'old/x.js': 'x' })
  const built = app('built', { 'index.html': 'b', 'assets/b-22222222.js': 'b' })
  await publish(built, served)
  expect(filesIn(served)).toEqual(['assets/b-22222222.js', 'index.html'])
  expect(readFileSync(join(served, 'index.html'), 'utf8')).toBe('b')
  expect(readdirSync(served)).not.toContain('old')
})

test('the first app of all makes its own folder', async () => {
  const built = app('built', { 'index.html': 'b' })
  await publish(built, join(folder, 'served'))
  expect(filesIn(join(folder, 'served'))).toEqual(['index.html'])
})

test('a page never asks for a file that is not there yet, or gone already', () => {
  const steps = stepsBetween(
    ['assets/b-22222222.js', 'assets/same-33333333.css', 'index.html', 'index.html.br'],
    ['assets/a-11111111.js', 'assets/same-33333333.css', 'index.html', 'index.html.br'],
  )
  expect(steps.map((step) => `${step.do} ${step.file}`)).toEqual([
    'move assets/b-22222222.js',
    'move assets/same-33333333.css',
    'move index.html',
    'move index.html.br',
    'remove assets/a-11111111.js',
  ])
})
