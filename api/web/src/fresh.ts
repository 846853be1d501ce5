/** Notices when a newer snapshot than the one on the page is published. */

import { loadNewest } from "./api";

const EVERY_MS = 30_000;

/** Calls back once, when the service's newest snapshot is another one; a page that nobody sees does not ask. */
export function onNewer(snapshot: string, tell: () => void): void {
  const look = async (): Promise<void> => {
    if (document.hidden) return;
    // A service that does not answer now is asked again at the next turn.
    const newest = await loadNewest().catch(() => snapshot);
    if (newest === snapshot || stopped) return;
    stopped = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onSight);
    tell();
  };
  const onSight = (): void => void look();
  let stopped = false;
  const timer = setInterval(onSight, EVERY_MS);
  document.addEventListener("visibilitychange", onSight);
}
