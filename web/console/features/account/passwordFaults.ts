/** What is wrong with a new password, as far as the browser can tell before the server looks. Pure. */
export type Passwords = { current: string; fresh: string; again: string }

/** The fields of the dialog that a fault belongs to. */
export type Field = keyof Passwords
export type Fault = { field: Field; code: string }

/** What to say without asking the server: it alone decides what a good password is. */
export function faultsBefore(typed: Passwords): Fault[] {
  const faults: Fault[] = []
  if (typed.current === '') faults.push({ field: 'current', code: 'needed' })
  if (typed.fresh === '') faults.push({ field: 'fresh', code: 'needed' })
  else if (typed.fresh !== typed.again) faults.push({ field: 'again', code: 'different' })
  return faults
}

/** The server's refusal as faults of fields; null when it is about something else. */
export function faultsFrom(code: string, fields: Readonly<Record<string, unknown>>): Fault[] | null {
  if (code === 'auth.wrong_password') return [{ field: 'current', code: 'wrong' }]
  if (code !== 'auth.weak_password') return null
  const given = Array.isArray(fields.faults) ? fields.faults : []
  const codes = given.filter((one): one is string => typeof one === 'string')
  return (codes.length > 0 ? codes : ['too_weak']).map((one) => ({ field: 'fresh', code: one }))
}
