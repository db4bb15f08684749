/**
 * Looks without a style sheet: the host site's Content-Security-Policy may forbid one, and its own rules may hit anything.
 * Inline and important wins over both.
 */
export type Style = Readonly<Record<string, string>>

export function dress(element: HTMLElement | SVGElement, style: Style): void {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value, 'important')
}

const FONT = "system-ui, -apple-system, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"

export const HOST: Style = {
  all: 'initial',
  display: 'block',
  position: 'fixed',
  right: '0',
  bottom: '0',
  width: '0',
  height: '0',
  'z-index': '2147483000',
}

export const BUTTON: Style = {
  position: 'fixed',
  right: 'calc(20px + env(safe-area-inset-right, 0px))',
  bottom: 'calc(20px + env(safe-area-inset-bottom, 0px))',
  display: 'flex',
  'align-items': 'center',
  'justify-content': 'center',
  width: '60px',
  height: '60px',
  margin: '0',
  padding: '0',
  border: '2px solid #fff',
  'border-radius': '50%',
  background: '#0f766e',
  color: '#fff',
  'box-shadow': '0 2px 6px rgba(15, 23, 42, 0.2), 0 8px 24px rgba(15, 23, 42, 0.2)',
  cursor: 'pointer',
  'touch-action': 'manipulation',
}

export const BADGE: Style = {
  position: 'absolute',
  top: '-6px',
  right: '-6px',
  'box-sizing': 'border-box',
  'min-width': '24px',
  height: '24px',
  padding: '0 6px',
  border: '2px solid #fff',
  'border-radius': '12px',
  background: '#b31818',
  color: '#fff',
  font: `600 13px/20px ${FONT}`,
  'text-align': 'center',
}

export const PANEL: Style = {
  position: 'fixed',
  right: 'calc(20px + env(safe-area-inset-right, 0px))',
  bottom: 'calc(92px + env(safe-area-inset-bottom, 0px))',
  left: 'auto',
  top: 'auto',
  width: '390px',
  height: '640px',
  'max-width': 'calc(100vw - 40px)',
  'max-height': 'calc(100vh - 112px)',
  overflow: 'hidden',
  'border-radius': '12px',
  background: '#f4f6f8',
  'box-shadow': '0 2px 6px rgba(15, 23, 42, 0.12), 0 16px 48px rgba(15, 23, 42, 0.28)',
}

/** A phone has no room for a panel beside the page. */
export const FULL: Style = {
  ...PANEL,
  right: '0',
  bottom: '0',
  left: '0',
  top: '0',
  width: '100%',
  height: '100%',
  'max-width': 'none',
  'max-height': 'none',
  'border-radius': '0',
}

export const FRAME: Style = {
  display: 'block',
  width: '100%',
  height: '100%',
  margin: '0',
  padding: '0',
  border: '0',
}
