// Fails when what a family's or a doctor's phone downloads has grown beyond its budget. Reads the built files.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const STATIC = fileURLToPath(new URL('../caredesk/static/', import.meta.url))

const BUDGETS = [
  { what: "the parent's page, all scripts, gzip", folder: 'widget', limit: 20_000, weigh: gzipped },
  { what: "the doctor's desk, all scripts, gzip", folder: 'doctor_desk', limit: 85_000, weigh: gzipped },
  { what: "the doctor's worker, gzip", folder: 'doctor_worker', limit: 2_000, weigh: gzipped },
  { what: "the parent's worker, gzip", folder: 'widget_worker', limit: 2_000, weigh: gzipped },
  { what: 'the loader that other sites include', folder: 'loader', limit: 10_000, weigh: raw },
]

let broken = false
for (const { what, folder, limit, weigh } of BUDGETS) {
  const files = scriptsIn(join(STATIC, folder))
  if (files.length === 0) {
    console.error(`${what}: nothing is built in ${folder}/; run \`npm run build\` first.`)
    broken = true
    continue
  }
  const bytes = files.reduce((sum, file) => sum + weigh(readFileSync(file)), 0)
  const verdict = bytes <= limit ? 'ok' : 'TOO LARGE'
  console.log(`${verdict}: ${what}: ${bytes} of ${limit} bytes`)
  broken ||= bytes > limit
}
process.exit(broken ? 1 : 0)

/** @param {string} folder */
function scriptsIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(folder, path))
}

/** @param {Buffer} content */
function gzipped(content) {
  return gzipSync(content, { level: 9 }).length
}

/** @param {Buffer} content */
function raw(content) {
  return content.length
}
