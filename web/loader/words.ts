/** The few words outside the frame. */
type Words = { title: string; open: string; close: string; unread: (count: number) => string }

export const WORDS: Record<'zh' | 'en', Words> = {
  zh: { title: '在线客服', open: '打开在线客服', close: '关闭在线客服', unread: (count) => `，${count} 条未读` },
  en: { title: 'Online help', open: 'Open online help', close: 'Close online help', unread: (count) => `, ${count} unread` },
}
