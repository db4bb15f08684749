// Brotli and gzip twins of built files, so that the server sends them without compressing anything itself.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TEXT = /\.(js|css|html|svg|json|md)$/
// Below this a compressed answer saves no packet on the wire.
const WORTHWHILE = 1000

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

/**
 * Writes `.br` and `.gz` beside every text file below the folder.
 * @param {URL} folder
 */
export async function writeTwins(folder) {
  const root = fileURLToPath(folder)
  const total = { files: 0, bytes: 0, brotli: 0 }
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXT.test(entry.name)) continue
    const { bytes, brotli } = await twinsOf(join(entry.parentPath, entry.name))
    total.files += 1
    total.bytes += bytes
    total.brotli += brotli
  }
  return total
}

/** @param {string} path */
async function twinsOf(path) {
  const content = await readFile(path)
  if (content.length < WORTHWHILE) return { bytes: content.length, brotli: content.length }
  const [small, zipped] = await Promise.all([
    toBrotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    toGzip(content, { level: 9 }),
  ])
  await Promise.all([writeFile(`${path}.br`, small), writeFile(`${path}.gz`, zipped)])
  return { bytes: content.length, brotli: small.length }
}
