// Puts a freshly built app where the desk serves it, while a desk may be running: at no instant does a page that is
// served, old or new, lack a file that it asks for.
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

// Vite puts a hash of the content into these names, so new ones never take the place of others.
const HASHED = /^assets\//

/**
 * Moves the files of `built` into `served` and removes what is no longer part of the app.
 * @param {string} built
 * @param {string} served
 */
export async function publish(built, served) {
  const steps = stepsBetween(await filesBelow(built), await filesBelow(served))
  for (const step of steps) await carryOut(step, built, served)
  await removeEmptyFolders(served)
}

/** @typedef {{ do: 'move' | 'remove', file: string }} Step */

/**
 * First what the new page will ask for, then the page itself, last what only the old page asked for.
 * @param {string[]} fresh
 * @param {string[]} old
 * @returns {Step[]}
 */
export function stepsBetween(fresh, old) {
  const kept = new Set(fresh)
  const [asked, asking] = [fresh.filter((file) => HASHED.test(file)), fresh.filter((file) => !HASHED.test(file))]
  return [
    ...[...asked, ...asking].map((file) => /** @type {Step} */ ({ do: 'move', file })),
    ...old.filter((file) => !kept.has(file)).map((file) => /** @type {Step} */ ({ do: 'remove', file })),
  ]
}

/**
 * @param {Step} step
 * @param {string} built
 * @param {string} served
 */
async function carryOut({ do: what, file }, built, served) {
  const target = join(served, file)
  if (what === 'remove') return rm(target, { force: true })
  await mkdir(dirname(target), { recursive: true })
  await rename(join(built, file), target)
}

/** @param {string} folder */
async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/** @param {string} folder */
async function removeEmptyFolders(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  // Deepest first; one that still holds files refuses to go.
  for (const path of folders.sort().reverse()) await rmdir(path).catch(() => undefined)
}
