/** Keys for what a client sends; `crypto.randomUUID` is younger than the phones we serve. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
