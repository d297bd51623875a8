// @ts-check
// Whether the lab is there: a stream stays open as long as it runs, so its end is heard at once, and so is its return.

const AGAIN_AFTER_MS = 1500;

/**
 * Hear of it as long as the page is in view: a browser opens few connections to one server, and tabs behind need none.
 * @param {(there: boolean) => void} hear also when nothing has changed
 */
export function attend(hear) {
  /** @type {EventSource | null} */
  let source = null;
  let again = 0;
  const leave = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  const listen = () => {
    leave();
    source = new EventSource("/api/presence");
    source.onopen = () => hear(true);
    source.onerror = () => {
      leave(); // browsers differ in whether they try again
      again = setTimeout(listen, AGAIN_AFTER_MS);
      hear(false);
    };
  };
  const look = () => (document.visibilityState === "visible" ? listen() : leave());
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && look());
  look();
}
