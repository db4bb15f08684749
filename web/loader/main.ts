/** Reads the including script's attributes and puts the widget on the page, once. */
import { type CareDesk, Widget } from './loader'

declare global {
  interface Window {
    caredesk?: CareDesk
  }
}

const script = document.currentScript
if (script instanceof HTMLScriptElement && window.caredesk === undefined) {
  const { language, identity = '' } = script.dataset
  const widget = new Widget({
    desk: new URL(script.src).origin,
    language: language === 'en' ? 'en' : 'zh',
    identity,
  })
  window.caredesk = widget
  const place = () => document.body.append(widget.host)
  if (document.readyState === 'loading' && !document.body) document.addEventListener('DOMContentLoaded', place)
  else place()
}
