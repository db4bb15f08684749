/** The doctor's desk, which can be put on a phone's home screen. */
import { readFile, readdir } from 'node:fs/promises'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { appConfig } from './vite.shared.ts'

const INSTALL = new URL('./doctor_desk/install/', import.meta.url)
const HANDED_OUT = /\.(png|webmanifest)$/

/** Puts the manifest and its icons beside the page under names that stay, since the manifest names its icons itself. */
function installable(base: string): Plugin {
  return {
    name: 'installable',
    apply: 'build',
    async generateBundle() {
      for (const fileName of (await readdir(INSTALL)).filter((name) => HANDED_OUT.test(name))) {
        this.emitFile({ type: 'asset', fileName, source: await readFile(new URL(fileName, INSTALL)) })
      }
    },
    transformIndexHtml: () => [
      { tag: 'link', attrs: { rel: 'manifest', href: `${base}app.webmanifest` }, injectTo: 'head' },
      { tag: 'link', attrs: { rel: 'apple-touch-icon', href: `${base}icon-180.png` }, injectTo: 'head' },
    ],
  }
}

export default defineConfig(
  appConfig({ source: 'doctor_desk', name: 'doctor_desk', plugins: [vue(), installable('/static/doctor_desk/')] }),
)
