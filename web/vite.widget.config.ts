/** The parent's page: no framework, one script, phones from 2020 on. */
import { defineConfig } from 'vite'
import { appConfig, oldPhones } from './vite.shared.ts'

export default defineConfig(
  appConfig({
    source: 'widget',
    name: 'widget',
    build: {
      ...oldPhones,
      modulePreload: { polyfill: false },
      cssCodeSplit: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  }),
)
