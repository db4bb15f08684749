/** Passkeys as browsers make and use them (WebAuthn, W3C level 3): between the desk's plain words and the browser's bytes. */
import type { Schemas } from '@contract'

type ToMake = Schemas['PasskeyToMake']
type ToUse = Schemas['PasskeyToUse']

/** The person has put the browser's question away, or its time is over; nothing has happened. */
export class NoPasskey extends Error {}

export function canPasskey(): boolean {
  return 'PublicKeyCredential' in window
}

/** Has the device make a key; it asks its person. */
export async function makePasskey(asked: ToMake): Promise<Omit<Schemas['MadePasskey'], 'name'>> {
  const made = await answered(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: bytesOf(asked.challenge),
        rp: { id: asked.rp_id, name: asked.rp_name },
        user: { id: bytesOf(asked.user_id), name: asked.user_name, displayName: asked.user_display_name },
        // Ed25519, ES256 and RS256: what devices know.
        pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key' as const, alg })),
        excludeCredentials: asked.exclude.map((id) => ({ type: 'public-key' as const, id: bytesOf(id) })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: asked.timeout_seconds * 1000,
      },
    }),
  )
  const { clientDataJSON, attestationObject } = made.response as AuthenticatorAttestationResponse
  return { id: made.id, client_data: textOf(clientDataJSON), attestation: textOf(attestationObject) }
}

/** Has the device sign with whichever key of its it holds for the desk; it asks its person. */
export async function usePasskey(asked: ToUse): Promise<Schemas['UsedPasskey']> {
  const used = await answered(() =>
    navigator.credentials.get({
      publicKey: { challenge: bytesOf(asked.challenge), rpId: asked.rp_id, userVerification: 'required', timeout: asked.timeout_seconds * 1000 },
    }),
  )
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response as AuthenticatorAssertionResponse
  if (!userHandle) throw new NoPasskey()
  return {
    id: used.id,
    client_data: textOf(clientDataJSON),
    authenticator_data: textOf(authenticatorData),
    signature: textOf(signature),
    user_handle: textOf(userHandle),
  }
}

async function answered(asking: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const answer = await asking().catch(() => null)
  if (!(answer instanceof PublicKeyCredential)) throw new NoPasskey()
  return answer
}

/** Bytes from base64url, as the desk writes them. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}

export function textOf(bytes: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('')
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
