/** Which dialog is open; there is never more than one. */
import { computed, ref } from 'vue'
import type { WritableComputedRef } from 'vue'

export type DialogName = 'search' | 'transfer' | 'close' | 'password' | 'keys' | 'my_shifts' | 'sessions' | 'second_factor' | 'passkeys' | 'rounds'

const open = ref<DialogName | null>(null)

export function openDialog(name: DialogName): void {
  open.value = name
}

/** The open state of one dialog, for its `v-model`. */
export function useDialog(name: DialogName): WritableComputedRef<boolean> {
  return computed({
    get: () => open.value === name,
    set: (shown) => {
      if (shown) open.value = name
      else if (open.value === name) open.value = null
    },
  })
}
