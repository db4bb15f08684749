/** Calling somebody: my own telephone rings first and is picked up by itself when it is this page. */
import { keepCall } from '../../live/calls'
import { startCall } from './api'
import type { CallOut, CallView } from './api'
import { expectOwnCall } from './ringing'

export async function callOut(whom: CallOut): Promise<CallView> {
  // Before the request: the ring may be here before its answer.
  const forget = expectOwnCall()
  try {
    const call = await startCall(whom)
    keepCall(call)
    return call
  } catch (error) {
    forget()
    throw error
  }
}
