/** What the Vite builds have in common: one app folder in, one folder of built files out; `build.mjs` says where. */
import { fileURLToPath } from 'node:url'
import type { BuildOptions, PluginOption, UserConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The server a developer runs beside `npm run dev:…`. */
const BACKEND = process.env.CAREDESK_BACKEND ?? 'http://127.0.0.1:5000'

export const aliases = {
  '@shared': here('./shared'),
  '@contract': here('./contract'),
}

/** Chinese families keep phones for long: the parent's page must run on what WeChat ships for them. */
export const oldPhones = {
  target: ['es2020', 'chrome80', 'safari13.1'],
  cssTarget: ['chrome61', 'safari13.1'],
} satisfies BuildOptions

export type App = {
  /** The folder under web/ that holds index.html. */
  source: string
  /** The folder under caredesk/static; also the address below /static. */
  name: string
  plugins?: PluginOption[]
  build?: BuildOptions
}

export function appConfig({ source, name, plugins = [], build = {} }: App): UserConfig {
  return {
    root: here(`./${source}`),
    base: `/static/${name}/`,
    publicDir: false,
    plugins,
    resolve: { alias: aliases },
    build: {
      // An inlined picture is a data: address, and hashed files cache better.
      assetsInlineLimit: 0,
      manifest: 'manifest.json',
      // The wheel hands on the code of these packages, so it also hands on their licences.
      license: { fileName: 'licenses.md' },
      reportCompressedSize: false,
      ...build,
    },
    server: {
      proxy: {
        '/api': BACKEND,
        '/socket.io': { target: BACKEND, ws: true },
      },
    },
  }
}
