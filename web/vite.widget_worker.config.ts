/** The parent's worker: a classic script under one name, because browsers look for news of it there. */
import { defineConfig } from 'vite'
import { appConfig, oldPhones } from './vite.shared.ts'

export default defineConfig(
  appConfig({
    source: 'widget_worker',
    name: 'widget_worker',
    build: {
      ...oldPhones,
      manifest: false,
      license: false,
      lib: { entry: 'worker.ts', formats: ['iife'], name: 'CareDeskPage', fileName: () => 'worker.js' },
    },
  }),
)
