package dev.cinnabar.base;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/// Waiting that an interrupt does not cut short: for those who have to wait to the end because somebody else
/// still works with what they are about to take away.
public final class Waits {
    private Waits() {}

    /// Something that waits, such as `thread::join`.
    public interface Wait {
        void run() throws InterruptedException;
    }

    /// Waits until it returns of its own accord: after an interrupt it is begun again, and the interrupt is
    /// kept for the caller to see later.
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

    /// Work on a file that opens what it needs, so that it can be begun again.
    public interface FileWork {
        void run() throws IOException;
    }

    /// Does the work to its end, although Java closes the channel of a thread that is interrupted: it is
    /// begun again then, and the interrupt is kept for the caller to see later.
    public static void onFile(FileWork work) throws IOException {
        boolean isInterrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    work.run();
                    return;
                } catch (ClosedByInterruptException e) {
                    isInterrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (isInterrupted) Thread.currentThread().interrupt();
        }
    }
}
