/** The one script that a foreign site includes: a classic script under a name that never changes. */
import { defineConfig } from 'vite'
import { appConfig, oldPhones } from './vite.shared.ts'

export default defineConfig(
  appConfig({
    source: 'loader',
    name: 'loader',
    build: {
      ...oldPhones,
      manifest: false,
      license: false,
      lib: { entry: 'main.ts', formats: ['iife'], name: 'CareDeskLoader', fileName: () => 'caredesk.js' },
    },
  }),
)
