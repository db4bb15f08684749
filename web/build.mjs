// Builds every app beside the served files, with compressed twins, and puts all in their place once all are good.
// `node build.mjs` builds all; `node build.mjs widget loader` builds some.
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { writeTwins } from './compress.mjs'
import { publish } from './publish.mjs'

const APPS = ['loader', 'widget', 'widget_worker', 'doctor_worker', 'doctor_desk', 'console']
// A desk may be serving caredesk/static right now: nothing there is touched before every app has been built.
const WORKBENCH = new URL('./.vite/built/', import.meta.url)
const SERVED = new URL('../caredesk/static/', import.meta.url)

const asked = process.argv.slice(2)
const unknown = asked.filter((app) => !APPS.includes(app))
if (unknown.length > 0) {
  console.error(`No app is called ${unknown.join(', ')}; there are ${APPS.join(', ')}.`)
  process.exit(2)
}
const wanted = asked.length > 0 ? asked : APPS

await rm(WORKBENCH, { recursive: true, force: true })
for (const app of wanted) {
  await buildApp(app)
  const { files, bytes, brotli } = await writeTwins(new URL(`${app}/`, WORKBENCH))
  console.log(`${app}: ${files} files, ${kB(bytes)}, ${kB(brotli)} as brotli`)
}
for (const app of wanted) {
  await publish(fileURLToPath(new URL(app, WORKBENCH)), fileURLToPath(new URL(app, SERVED)))
}
await rm(WORKBENCH, { recursive: true, force: true })

/** @param {string} app */
async function buildApp(app) {
  const configFile = fileURLToPath(new URL(`./vite.${app}.config.ts`, import.meta.url))
  const outDir = fileURLToPath(new URL(app, WORKBENCH))
  try {
    await build({ configFile, logLevel: 'warn', build: { outDir, emptyOutDir: true } })
  } catch (error) {
    console.error(`${app}: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/** @param {number} bytes */
function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`
}
