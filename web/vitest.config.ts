/** Unit tests of all apps, in a simulated browser. */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { aliases } from './vite.shared.ts'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: aliases },
  test: {
    environment: 'happy-dom',
    include: ['{console,doctor_desk,doctor_worker,widget,loader,shared,contract}/**/*.test.{ts,mjs}', '*.test.mjs'],
    restoreMocks: true,
    // Clinic times are shown in Shanghai wherever the tests run.
    env: { TZ: 'UTC' },
  },
})
