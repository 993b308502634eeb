package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import java.io.IOException;

/// An image of the data set at one moment, handed out in slices while writers go on. One image at a time;
/// driven by one thread, which does not hold the engine's lock, or else must not wait for another image.
public interface SnapshotSource {
    /// Asked now and then: throws when there is no sense in going on.
    interface Check {
        void check() throws IOException;
    }

    /// Marks the moment: takes the engine's lock, fixes the image, runs `alsoThen` and gives the lock back.
    /// So what `alsoThen` does falls between the last command that is in the image and the first that is not.
    ///
    /// @param check asked while another image is to be waited for
    /// @throws IOException what the check throws; then nothing has happened
    void begin(Runnable alsoThen, Check check) throws IOException;

    /// Appends the commands (RESP arrays: `SELECT`, `SET … PXAT …`) that make the next slice of the image,
    /// some ten kilobytes; takes the engine's lock for that long. Each call ends between two commands.
    ///
    /// @return whether there may be more; false when the image was written out, which also ends it
    boolean next(ByteBuilder out);

    /// Ends the image early. Does nothing when there is none.
    void abort();
}
