/** The agent's console. */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { appConfig } from './vite.shared.ts'

export default defineConfig(appConfig({ source: 'console', name: 'console', plugins: [vue()] }))
