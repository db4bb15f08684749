/** The doctor's worker: a classic script under one name, because browsers look for news of it there. */
import { defineConfig } from 'vite'
import { appConfig } from './vite.shared.ts'

export default defineConfig(
  appConfig({
    source: 'doctor_worker',
    name: 'doctor_worker',
    build: {
      manifest: false,
      license: false,
      lib: { entry: 'worker.ts', formats: ['iife'], name: 'CareDeskWorker', fileName: () => 'worker.js' },
    },
  }),
)
