import { createApp } from 'vue'
import '@shared/tokens.css'
import '@shared/base.css'
import './doctor.css'
import App from './App.vue'

// Without a secure connection there is none; the desk works all the same, but not in a dead network.
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/doctor/worker.js', { scope: '/doctor' }).catch(() => undefined)

createApp(App).mount('#app')
