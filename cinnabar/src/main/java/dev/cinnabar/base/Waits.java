package dev.cinnabar.base;

/// Waiting that an interrupt does not cut short: for those who have to wait to the end because somebody else still works with what they
/// are about to take away.
public final class Waits {
    private Waits() {}

    /// Something that waits, such as `thread::join`.
    public interface Wait {
        void run() throws InterruptedException;
    }

    /// Waits until it returns of its own accord: after an interrupt it is begun again, and the interrupt is kept for the caller to see later.
    public static void untilDone(Wait wait) {
        boolean isInterrupted = false;
        while (true) {
            try {
                wait.run();
                break;
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) Thread.currentThread().interrupt();
    }
}
