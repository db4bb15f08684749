/** What a new password must be, judged while it is typed as far as a browser can. The server alone decides. Pure. */
export type RuleName = 'length' | 'own' | 'varied' | 'common' | 'earlier'

/** Null: only the server can tell. */
export type RuleState = boolean | null

/** What is known of the person; empty where nothing is. */
export type Owner = { login: string; names: readonly string[] }

const LEAST = 10
const FEWEST = 5
const PLAIN = ['0123456789', '9876543210', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm']

export function rulesFor(password: string, owner: Owner): [RuleName, RuleState][] {
  const lowered = password.toLowerCase()
  const own = [...parts(owner.login), ...owner.names.flatMap(parts)]
  return [
    ['length', [...password].length >= LEAST],
    ['own', password !== '' && !own.some((part) => lowered.includes(part))],
    ['varied', new Set(password).size >= FEWEST],
    ['common', /^\d*$/.test(lowered) || PLAIN.some((row) => (row + row).includes(lowered)) ? false : null],
    ['earlier', null],
  ]
}

/** The words of a login or a name that must not occur: letters from three on, Chinese ones from two on. */
function parts(text: string): string[] {
  const words = text.toLowerCase().split(/[\s\d._@-]+/)
  return [...words, words.join('')].filter((word) => word.length > (/^[\x20-\x7e]*$/.test(word) ? 2 : 1))
}
