package dev.cinnabar.persistence;

/// What lies on disk does not check out, so the server must not start from it. The message says which file,
/// where and why.
public final class DamagedLog extends Exception {
    private static final long serialVersionUID = 1;

    private final String file;
    private final long offset;
    private final long goodTo;

    DamagedLog(String file, long offset, String why) {
        this(file, offset, -1, why);
    }

    /// @param goodTo up to where the file is good and could be cut, or -1 when cutting it is no way out
    DamagedLog(String file, long offset, long goodTo, String why) {
        super(file + (offset < 0 ? "" : ", offset " + offset) + ": " + why);
        this.file = file;
        this.offset = offset;
        this.goodTo = goodTo;
    }

    /// The name of the file.
    public String file() {
        return file;
    }

    /// Where in the file the first thing lies that does not check out, or -1 when it is not a matter of a
    /// place.
    public long offset() {
        return offset;
    }

    /// Up to where the file is good, so that cutting it there, if it is the last one, makes the log whole; or -1.
    public long goodTo() {
        return goodTo;
    }
}
