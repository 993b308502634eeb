package dev.cinnabar.persistence;

/// Bytes in RDB encoding do not check out. The message says why; whoever reads knows where.
final class BadRdb extends Exception {
    private static final long serialVersionUID = 1;

    BadRdb(String why) {
        super(why, null, false, false); // the fuzz test throws millions
    }
}
