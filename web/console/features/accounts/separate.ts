/** Which roles one person may have together, said before the server says it. The rule is the server's. */
const OFFICES = ['admin', 'security', 'auditor']
const SEE_FAMILIES = ['agent', 'assistant', 'supervisor', 'doctor', 'nurse', 'pharmacist']

export function areSeparate(roles: readonly string[]): boolean {
  const offices = roles.filter((role) => OFFICES.includes(role))
  return offices.length === 0 || (offices.length === 1 && !roles.some((role) => SEE_FAMILIES.includes(role)))
}
