// Builds every app into caredesk/static and writes compressed twins beside the files.
// `node build.mjs` builds all; `node build.mjs widget loader` builds some.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { writeTwins } from './compress.mjs'

const APPS = ['loader', 'widget', 'doctor_desk', 'console']

const wanted = process.argv.slice(2)
const unknown = wanted.filter((app) => !APPS.includes(app))
if (unknown.length > 0) {
  console.error(`No app is called ${unknown.join(', ')}; there are ${APPS.join(', ')}.`)
  process.exit(2)
}

for (const app of wanted.length > 0 ? wanted : APPS) {
  await buildApp(app)
  const { files, bytes, brotli } = await writeTwins(new URL(`../caredesk/static/${app}/`, import.meta.url))
  console.log(`${app}: ${files} files, ${kB(bytes)}, ${kB(brotli)} as brotli`)
}

/** @param {string} app */
async function buildApp(app) {
  try {
    await build({ configFile: fileURLToPath(new URL(`./vite.${app}.config.ts`, import.meta.url)), logLevel: 'warn' })
  } catch (error) {
    console.error(`${app}: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/** @param {number} bytes */
function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`
}
