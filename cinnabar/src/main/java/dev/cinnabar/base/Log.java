package dev.cinnabar.base;

/// Where a server says what it does: one line per event, at one of Redis's four levels.
///
/// A server that was started from the command line writes Redis's log lines; one that lives inside an
/// application hands its lines to the application's logger ([#to]) or to nobody ([#none()]). Implementations
/// take calls from any thread and do not throw; what one throws all the same is dropped. They are called
/// while the server holds its locks: the sooner they return the better, and they must not call the server
/// themselves.
public interface Log {
    /// How much a line matters, least first. A log shows its own level and those above it.
    enum Level {
        DEBUG('.'),
        VERBOSE('-'),
        NOTICE('*'),
        WARNING('#');

        private final char mark;

        Level(char mark) {
            this.mark = mark;
        }

        /// The character that stands for the level in a log line.
        public char mark() {
            return mark;
        }

        /// The level that `loglevel` names, in lower case; [#NOTICE] for any other word.
        public static Level of(String word) {
            return switch (word) {
                case "debug" -> DEBUG;
                case "verbose" -> VERBOSE;
                case "warning" -> WARNING;
                default -> NOTICE;
            };
        }
    }

    /// How many places of a stack [#failure] writes down.
    int FRAMES = 8;

    /// Whether lines of this level go anywhere; ask before a costly message is put together.
    boolean shows(Level level);

    /// Writes one line when the level is shown. The message should not contain line feeds.
    void write(Level level, String message);

    default void debug(String message) {
        write(Level.DEBUG, message);
    }

    default void verbose(String message) {
        write(Level.VERBOSE, message);
    }

    default void notice(String message) {
        write(Level.NOTICE, message);
    }

    default void warning(String message) {
        write(Level.WARNING, message);
    }

    /// Says that something failed that should not have: a warning with the cause, and a line for each of the
    /// places that it came from, the nearest [#FRAMES] of them.
    default void failure(String message, Throwable cause) {
        warning(message + ": " + cause);
        StackTraceElement[] places = cause.getStackTrace();
        for (int i = 0; i < Math.min(places.length, FRAMES); i++) warning("    at " + places[i]);
    }

    /// A log that keeps silent.
    static Log none() {
        return Logs.NONE;
    }

    /// A log that hands its lines to a logger of the application: debug as `TRACE`, verbose as `DEBUG`,
    /// notice as `INFO`, warning as `WARNING`. The logger decides what is shown.
    static Log to(System.Logger logger) {
        return new Logs.Handed(logger);
    }
}
