/** How somebody comes to the door: with the hospital's token, back from WeCom in vain, or with nothing. */

export type Arrival = { token: string; refusal: '' | Refusal }
export type Refusal = (typeof REFUSALS)[number]

const REFUSALS = ['state', 'code', 'account', 'outsider', 'provider'] as const

/** Reads what stands behind the #. Pure; a reason that is not known counts as the provider's trouble. */
export function arrivalOf(hash: string): Arrival {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const reason = given.get('sign_in') ?? ''
  const known = REFUSALS.find((one) => one === reason)
  return { token: given.get('identity') ?? '', refusal: reason ? (known ?? 'provider') : '' }
}

/** Reads it and takes it out of the address: a token must not stay in the history, and a reload is no second try. */
export function takeArrival(): Arrival {
  const arrival = arrivalOf(location.hash)
  if (arrival.token || arrival.refusal) history.replaceState(history.state, '', location.pathname)
  return arrival
}

/** Inside WeCom nobody needs to be asked by which way. */
export function isInsideWeCom(agent: string = navigator.userAgent): boolean {
  return /wxwork/i.test(agent)
}
