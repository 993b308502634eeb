package dev.cinnabar.base;

/// The logs that need nothing but the JDK.
final class Logs {
    static final Log NONE = new Silent();

    private Logs() {}

    private static final class Silent implements Log {
        @Override
        public boolean shows(Level level) {
            return false;
        }

        @Override
        public void write(Level level, String message) {}
    }

    static final class Handed implements Log {
        private final System.Logger logger;

        Handed(System.Logger logger) {
            this.logger = logger;
        }

        @Override
        public boolean shows(Level level) {
            return logger.isLoggable(theirs(level));
        }

        @Override
        public void write(Level level, String message) {
            logger.log(theirs(level), message);
        }

        @Override
        public void failure(String message, Throwable cause) {
            logger.log(System.Logger.Level.WARNING, message, cause);
        }

        private static System.Logger.Level theirs(Level level) {
            return switch (level) {
                case DEBUG -> System.Logger.Level.TRACE;
                case VERBOSE -> System.Logger.Level.DEBUG;
                case NOTICE -> System.Logger.Level.INFO;
                case WARNING -> System.Logger.Level.WARNING;
            };
        }
    }
}
