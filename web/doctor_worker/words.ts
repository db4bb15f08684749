/** What a woken phone shows; a worker has no page that could say which language was chosen, so the phone's own counts. */
export const WORDS = {
  zh: { title: '医生工作台', body: '您的请求有新进展，点开查看。' },
  en: { title: 'Doctor’s desk', body: 'Your request has moved on. Tap to see.' },
} as const
