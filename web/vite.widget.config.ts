/** The parent's page: no framework, one script, phones from 2020 on. */
import { readFileSync } from 'node:fs'
import { defineConfig, type PluginOption } from 'vite'
import { appConfig, oldPhones } from './vite.shared.ts'

/** The Chinese words travel inside the page as data: no second request, and never a page without words. */
const wordsInPage: PluginOption = {
  name: 'words-in-page',
  transformIndexHtml: () => {
    const words: unknown = JSON.parse(readFileSync(new URL('./widget/i18n/zh.json', import.meta.url), 'utf8'))
    const children = JSON.stringify(words).replaceAll('<', '\\u003c')
    return [{ tag: 'script', attrs: { type: 'application/json', id: 'words' }, children, injectTo: 'body-prepend' }]
  },
}

export default defineConfig(
  appConfig({
    source: 'widget',
    name: 'widget',
    plugins: [wordsInPage],
    build: {
      ...oldPhones,
      modulePreload: { polyfill: false },
      cssCodeSplit: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  }),
)
