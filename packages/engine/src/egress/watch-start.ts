import type { Dispatcher } from 'undici'

/** Tells when a request is about to be written to a connection: before that, certainly nothing of it was sent. */
export function watchStart(dispatcher: Dispatcher, onStart: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    // The handler keeps its own state, so what it does not see through this object is still there.
    const watched: Dispatcher.DispatchHandler = Object.create(handler)
    watched.onRequestStart = (controller, context) => {
      onStart()
      handler.onRequestStart?.call(watched, controller, context)
    }
    return dispatch(options, watched)
  })
}
