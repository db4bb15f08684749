/** The doctor's desk. */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { appConfig } from './vite.shared.ts'

export default defineConfig(appConfig({ source: 'doctor_desk', name: 'doctor_desk', plugins: [vue()] }))
